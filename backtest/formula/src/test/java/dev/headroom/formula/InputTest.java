package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class InputTest {

  @ParameterizedTest
  @CsvSource({
    "memory_max, MEMORY_MAX",
    "memory.max, MEMORY_MAX",
    "memory_max_bytes, MEMORY_MAX",
    "total_ram, MEMORY_MAX",
    "shmem_bytes, SHMEM",
    "shared_buffers_bytes, SHARED_BUFFERS",
    "pagetables, PAGE_TABLES",
    "effective_connections, EFFECTIVE_CONNECTIONS",
  })
  void find_knowsNamesAndAliases(String name, Input input) {
    assertThat(Input.find(name)).contains(input);
  }

  @Test
  void find_isEmptyForOtherNames() {
    assertThat(Input.find("MEMORY_MAX")).isEmpty();
    assertThat(Input.find("connections_bytes")).isEmpty();
  }

  @Test
  void everyName_belongsToOneInput() {
    var owners = new HashMap<String, Input>();
    for (Input input : Input.values()) {
      assertThat(owners.put(input.inputName(), input)).isNull();
      input.aliases().forEach(alias -> assertThat(owners.put(alias, input)).isNull());
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyInput_canBeReadByEveryName(Input input) {
    for (String alias : input.aliases()) {
      assertThat(
              Formula.parse("1B if %s > %s else 2B".formatted(alias, input.inputName())).inputs())
          .containsExactly(input);
    }
  }
}
