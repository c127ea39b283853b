package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FormulaLibraryTest {

  static List<LibraryFormula> formulas() {
    return FormulaLibrary.list();
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void everyFormulaParsesToItself(LibraryFormula library) {
    Formula formula = library.formula();
    assertThat(Formula.parse(formula.canonicalText()).astHash()).isEqualTo(formula.astHash());
  }
}
