package dev.headroom.store;

import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.store.jooq.Tables;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jooq.impl.DSL;

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

  /** How many samples an instance has in a range; counting ends at {@code atMost}. */
  public int countSamples(InstanceId id, Instant from, Instant to, int atMost) {
    return Transaction.read(
        dataSource,
        "counting samples of instance " + id,
        connection ->
            Transaction.sql(connection)
                .fetchCount(
                    DSL.selectOne()
                        .from(Tables.MEMORY_SAMPLE)
                        .where(Tables.MEMORY_SAMPLE.INSTANCE_ID.eq(id.value()))
                        .and(Tables.MEMORY_SAMPLE.SAMPLED_AT.ge(from.atOffset(ZoneOffset.UTC)))
                        .and(Tables.MEMORY_SAMPLE.SAMPLED_AT.lt(to.atOffset(ZoneOffset.UTC)))
                        .limit(atMost)));
  }
}
