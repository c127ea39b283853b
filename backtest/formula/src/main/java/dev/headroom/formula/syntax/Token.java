package dev.headroom.formula.syntax;

/**
 * A word of the language.
 *
 * @param kind what it is
 * @param text as written; for {@link Kind#NUMBER} the digits and the unit
 * @param digits how many chars of a {@link Kind#NUMBER} stand before its unit; 0 for other kinds
 * @param span where it stands
 */
record Token(Kind kind, String text, int digits, Span span) {

  enum Kind {
    NUMBER("a number"),
    NAME("a name"),
    PARAM("'param'"),
    IN("'in'"),
    IF("'if'"),
    ELSE("'else'"),
    AND("'and'"),
    OR("'or'"),
    NOT("'not'"),
    PLUS("'+'"),
    MINUS("'-'"),
    STAR("'*'"),
    POWER("'**'"),
    SLASH("'/'"),
    FLOOR_DIVIDE("'//'"),
    PERCENT("'%'"),
    LESS("'<'"),
    LESS_EQUAL("'<='"),
    GREATER("'>'"),
    GREATER_EQUAL("'>='"),
    EQUAL("'=='"),
    NOT_EQUAL("'!='"),
    ASSIGN("'='"),
    LEFT_PAREN("'('"),
    RIGHT_PAREN("')'"),
    LEFT_BRACKET("'['"),
    RIGHT_BRACKET("']'"),
    COMMA("','"),
    END_OF_STATEMENT("the end of the line"),
    END("the end of the formula");

    private final String description;

    Kind(String description) {
      this.description = description;
    }

    /** How an error message calls it. */
    String description() {
      return description;
    }
  }

  boolean is(Kind other) {
    return kind == other;
  }
}
