/**
 * Recordings as folders of Parquet files: written, checked, read one instance at a time, hashed.
 */
@NullMarked
package dev.headroom.engine.recording;

import org.jspecify.annotations.NullMarked;
