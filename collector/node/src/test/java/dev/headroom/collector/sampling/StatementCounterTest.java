package dev.headroom.collector.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.collector.postgres.Statement;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StatementCounterTest {

  @Test
  void runningStatement_keepsItsNumber() {
    StatementCounter counter = see(see(StatementCounter.NONE, 1, "a", 10L), 1, "a", 10L);

    assertThat(counter.current()).isEqualTo(1);
  }

  @Test
  void idleInBetween_makesAnotherStatement() {
    StatementCounter idle = see(StatementCounter.NONE, 1, "a", null).observe(Optional.empty());

    assertThat(idle.current()).isNull();
    assertThat(see(idle, 1, "a", null).current()).isEqualTo(2);
  }

  @Test
  void anotherStart_makesAnotherStatementOfTheSameTextAtTheSamePlace() {
    StatementCounter first = see(StatementCounter.NONE, 1, "a", 10L);

    assertThat(see(first, 1, "a", 11L).current()).isEqualTo(2);
  }

  @Test
  void sameStart_keepsTheNumberWhateverTheText() {
    StatementCounter first = see(StatementCounter.NONE, 1, "a", 10L);

    assertThat(see(first, 2, "b", 10L).current()).isEqualTo(1);
  }

  @Test
  void withoutStarts_textOrPlaceDecide() {
    StatementCounter first = see(StatementCounter.NONE, 1, "a", null);

    assertThat(see(first, 1, "a", null).current()).isEqualTo(1);
    assertThat(see(first, 2, "a", null).current()).isEqualTo(2);
    assertThat(see(first, 1, "b", 10L).current()).isEqualTo(2);
  }

  private static StatementCounter see(
      StatementCounter before, long address, String text, @Nullable Long startedAtUs) {
    return before.observe(Optional.of(new Statement(address, text, startedAtUs)));
  }
}
