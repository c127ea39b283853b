package dev.headroom.store;

import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.store.jooq.Tables;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/** Finds instances as they were last seen. Safe for use by several threads. */
public final class InstanceStore {

  private final DataSource dataSource;

  public InstanceStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** Every instance that a collector ever reported, by id. */
  public List<Instance> list() {
    return Transaction.read(
        dataSource,
        "listing instances",
        connection ->
            Transaction.sql(connection)
                .selectFrom(Tables.INSTANCE)
                .orderBy(Tables.INSTANCE.INSTANCE_ID)
                .fetch(StoredRow::instance));
  }

  /** The instance of this id, if a collector reported it. */
  public Optional<Instance> find(InstanceId id) {
    return Transaction.read(
        dataSource,
        "looking for instance " + id,
        connection ->
            Transaction.sql(connection)
                .selectFrom(Tables.INSTANCE)
                .where(Tables.INSTANCE.INSTANCE_ID.eq(id.value()))
                .fetchOptional(StoredRow::instance));
  }
}
