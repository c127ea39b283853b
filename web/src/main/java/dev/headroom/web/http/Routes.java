package dev.headroom.web.http;

import java.util.List;

/** One part of the API. */
@FunctionalInterface
public interface Routes {

  List<Route> routes();
}
