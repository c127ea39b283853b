package dev.headroom.engine.columnar;

/**
 * What one table of a file looks like.
 *
 * @param columns how many columns it has
 * @param blockRows how many rows a block has; the last one may have fewer
 */
public record BlockTable(int columns, int blockRows) {}
