package dev.headroom.collector.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueryFingerprintTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          SELECT 1                                        | select ?
          select * from T where a=1 and b = 'x''y';       | select * from t where a = ? and b = ?
          select  /* a /* nested */ comment */ 1.5e-3 -- x | select ?
          select E'it\\'s' , $1, $tag$ any 'thing' $tag$    | select ?
          select "A ""b"" C", mixed                       | select "A ""b"" C" , mixed
          insert into t values (1, 2, 3), (4, 5, 6)       | insert into t values ( ? ) , ( ? )
          select x1 from t2 where c in ('a','b')          | select x1 from t2 where c in ( ? )
          select 'cut off in the mid                      | select ?
          select 1 /* cut off                             | select ?
          select $x$ cut off                              | select ?
          select a::text;;                                | select a : : text
          """)
  void normalized_foldsWhatDoesNotMakeAnotherStatement(String statement, String words) {
    assertThat(QueryFingerprint.normalized(statement)).isEqualTo(words);
  }

  /** FNV-1a of the empty text is its offset basis; of "a" it is 0xaf63dc4c8601ec8c (published). */
  @Test
  void hash_isFnv1a() {
    assertThat(QueryFingerprint.of("")).isEqualTo(0xcbf29ce484222325L);
    assertThat(QueryFingerprint.of("a")).isEqualTo(0xaf63dc4c8601ec8cL);
  }

  @Test
  void statementsThatDifferInLiteralsOnly_areAlike() {
    assertThat(QueryFingerprint.of("select * from t where id = 1"))
        .isEqualTo(QueryFingerprint.of("SELECT *\n  FROM t WHERE id=99 -- again"))
        .isNotEqualTo(QueryFingerprint.of("select * from u where id = 1"));
  }

  @Test
  void textBehindTheCut_doesNotCount() {
    String long1 = "select '" + "ü".repeat(600) + "', a";
    String long2 = "select '" + "ü".repeat(600) + "', b";

    assertThat(QueryFingerprint.of(long1)).isEqualTo(QueryFingerprint.of(long2));
  }

  @Test
  void worstCaseText_isFingerprintedWithoutOverflow() {
    assertThat(QueryFingerprint.normalized("'".repeat(100_000))).isEqualTo("?");
    assertThat(QueryFingerprint.normalized("/*".repeat(100_000))).isEmpty();
    assertThat(QueryFingerprint.normalized("(".repeat(100_000))).hasSize(1023 * 2 - 1);
  }
}
