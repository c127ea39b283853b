package dev.headroom.collector.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.BackendKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessTitleTest {

  /** Titles as versions 15 to 18 write them; the first column says which. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          15-18 | alice app [local] idle                            | CLIENT_BACKEND | app | alice | idle
          15-18 | alice app 10.0.0.7(51234) SELECT                  | CLIENT_BACKEND | app | alice | SELECT
          15-18 | alice app ::1(51234) SELECT waiting               | CLIENT_BACKEND | app | alice | SELECT waiting
          15-18 | alice app db.example.org(5) idle in transaction   | CLIENT_BACKEND | app | alice | idle in transaction
          15-18 | alice app [local] authentication                  | CLIENT_BACKEND | app | alice | authentication
          15-18 | alice app [local]                                 | CLIENT_BACKEND | app | alice | -
          15-18 | my user my app [local] idle                       | CLIENT_BACKEND | -   | -     | idle
          15-18 | checkpointer app [local] idle                     | CLIENT_BACKEND | app | checkpointer | idle
          15-18 | checkpointer                                      | CHECKPOINTER | - | - | -
          15-18 | background writer                                 | BACKGROUND_WRITER | - | - | -
          15-18 | walwriter                                         | WAL_WRITER | - | - | -
          15-18 | autovacuum launcher                               | AUTOVACUUM_LAUNCHER | - | - | -
          15-18 | autovacuum worker app                             | AUTOVACUUM_WORKER | app | - | -
          15-18 | archiver last was 00000001000000000000000A        | ARCHIVER | - | - | last was 00000001000000000000000A
          15-18 | startup recovering 000000010000000000000003       | STARTUP | - | - | recovering 000000010000000000000003
          15-18 | logger                                            | LOGGER | - | - | -
          15-18 | walreceiver streaming 0/3000148                   | WAL_RECEIVER | - | - | streaming 0/3000148
          15-18 | walsender repl 10.0.0.8(4000) streaming 0/3000148 | WAL_SENDER | - | repl | streaming 0/3000148
          15-18 | walsender repl app 10.0.0.8(4000) START_REPLICATION | WAL_SENDER | app | repl | START_REPLICATION
          15-18 | logical replication launcher                      | LOGICAL_LAUNCHER | - | - | -
          15    | logical replication worker for subscription 16390 | LOGICAL_WORKER | - | - | for subscription 16390
          16-18 | logical replication apply worker for subscription 16390 | LOGICAL_WORKER | - | - | logical replication apply worker for subscription 16390
          16-18 | logical replication tablesync worker for subscription 16390 sync 16384 | LOGICAL_WORKER | - | - | logical replication tablesync worker for subscription 16390 sync 16384
          17-18 | walsummarizer                                     | WAL_SUMMARIZER | - | - | -
          17-18 | slotsync worker                                   | SLOTSYNC_WORKER | - | - | -
          18    | io worker 2                                       | IO_WORKER | - | - | 2
          15-18 | pg_cron launcher                                  | BACKGROUND_WORKER | - | - | pg_cron launcher
          15-18 | TimescaleDB Background Worker Scheduler           | BACKGROUND_WORKER | - | - | TimescaleDB Background Worker Scheduler
          """)
  void title_givesKindDatabaseUserAndActivity(
      String versions,
      String text,
      BackendKind kind,
      String database,
      String user,
      String activity) {
    ProcessTitle expected = new ProcessTitle(kind, database, user, activity, null);

    assertThat(ProcessTitle.find("postgres: " + text, "")).as(versions).contains(expected);
    assertThat(ProcessTitle.find("postgres: 15/main: " + text, "15/main")).contains(expected);
    assertThat(ProcessTitle.find("postgres: " + text + " ", null)).contains(expected);
    assertThat(ProcessTitle.find("postgres: 15/main: " + text, null)).contains(expected);
  }

  @Test
  void parallelWorker_namesItsLeader() {
    assertThat(ProcessTitle.find("postgres: main: parallel worker for PID 4711 ", "main"))
        .contains(new ProcessTitle(BackendKind.PARALLEL_WORKER, null, null, null, 4711));
  }

  @Test
  void clusterNameWithSpacesAndColons_isCutWhenKnown() {
    assertThat(ProcessTitle.find("postgres: a: b c: walwriter", "a: b c"))
        .contains(new ProcessTitle(BackendKind.WAL_WRITER, null, null, null, null));
  }

  @Test
  void commandLine_isNoTitle() {
    assertThat(ProcessTitle.find("/usr/lib/postgresql/15/bin/postgres -D /data", "")).isEmpty();
    assertThat(ProcessTitle.find("sh -c postgres: checkpointer", "")).isEmpty();
  }
}
