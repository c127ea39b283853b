/** The web process over a real database, asked as its users ask it. */
@NullMarked
package dev.headroom.web;

import org.jspecify.annotations.NullMarked;
