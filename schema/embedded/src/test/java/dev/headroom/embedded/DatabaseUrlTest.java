package dev.headroom.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The two spellings of a database URL. */
class DatabaseUrlTest {

  @Test
  void libpqUrl_becomesJdbcAndBack() {
    DatabaseUrl url =
        DatabaseUrl.parse(
            "postgresql://r%40w:p%3A%2F%3F%25+x@db.invalid:6432/my%20base?sslmode=require&application_name=a");

    assertThat(url.user()).contains("r@w");
    assertThat(url.password()).contains("p:/?%+x");
    assertThat(url.database()).isEqualTo("my base");
    assertThat(url.jdbc())
        .isEqualTo(
            "jdbc:postgresql://db.invalid:6432/my%20base?user=r%40w&password=p%3A%2F%3F%25%2Bx&ApplicationName=a&sslmode=require");
    assertThat(DatabaseUrl.parse(url.jdbc())).isEqualTo(url);
    assertThat(DatabaseUrl.parse(url.libpq())).isEqualTo(url);
  }

  @Test
  void libpqSpelling_leavesOutWhatOnlyJdbcKnows() {
    DatabaseUrl url =
        DatabaseUrl.parse(
            "jdbc:postgresql://h/d?user=u&reWriteBatchedInserts=true&sslmode=disable");

    assertThat(url.libpq()).isEqualTo("postgresql://u@h/d?sslmode=disable");
    assertThat(url.jdbc()).contains("reWriteBatchedInserts=true");
  }

  @Test
  void textForm_hidesThePassword() {
    DatabaseUrl url = DatabaseUrl.parse("postgres://u:secret@h/d");

    assertThat(url).hasToString("postgresql://u:***@h/d");
    assertThat(url.libpqWithoutPassword()).isEqualTo("postgresql://u@h/d");
  }

  @Test
  void databaseWithoutName_isTheUsers() {
    assertThat(DatabaseUrl.parse("postgresql://u@h:1/").database()).isEqualTo("u");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost:5432",
        "mysql://u:secret@h/d",
        "postgresql:///d?host=/run",
        "jdbc:postgresql:d"
      })
  void otherText_isRefusedWithoutRepeatingIt(String text) {
    assertThatThrownBy(() -> DatabaseUrl.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("jdbc:postgresql://host:port/database")
        .hasMessageNotContaining("secret");
  }
}
