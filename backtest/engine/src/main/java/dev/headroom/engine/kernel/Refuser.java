package dev.headroom.engine.kernel;

/** Which of the candidates are refused when an interval goes over its limit. */
enum Refuser {
  /** The largest growth first, until the rest fits: the point result. */
  UNTIL_IT_FITS,
  /** Every candidate: the pessimistic bound. */
  EVERY_CANDIDATE,
  /** Nobody under any limit; at a kill, as few of its casualties as free the margin. */
  CASUALTIES
}
