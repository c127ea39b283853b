package dev.headroom.store;

import dev.headroom.model.Observation;
import java.util.List;

/**
 * What became of a batch; every observation of it is in exactly one of the three.
 *
 * @param stored how many are new in the database
 * @param alreadyStored how many the database already had, or of which it knew something newer
 * @param rejected those the database will never take, each with the reason; the caller keeps or
 *     reports them
 */
public record StoreResult(int stored, int alreadyStored, List<Rejection> rejected) {

  /**
   * An observation that cannot be stored, now or later.
   *
   * @param observation as it was given
   * @param reason in the database's words
   */
  public record Rejection(Observation observation, String reason) {}

  public StoreResult {
    rejected = List.copyOf(rejected);
  }

  StoreResult plus(StoreResult other) {
    return new StoreResult(
        stored + other.stored,
        alreadyStored + other.alreadyStored,
        java.util.stream.Stream.concat(rejected.stream(), other.rejected.stream()).toList());
  }
}
