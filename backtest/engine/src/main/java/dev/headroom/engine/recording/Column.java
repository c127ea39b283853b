package dev.headroom.engine.recording;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One column of a table.
 *
 * @param number names the column in the canonical form of a row, from 1; for ever
 * @param name as in SQL
 * @param type what it holds
 * @param hashed whether it is part of the content
 * @param value the column's value in a row; null when absent
 */
record Column<R>(
    int number,
    String name,
    ColumnType type,
    boolean hashed,
    Function<R, @Nullable Object> value) {}
