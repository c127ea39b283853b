package dev.headroom.web;

import dev.headroom.store.DatabaseException;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.ClientAddress;
import dev.headroom.web.http.ErrorResponse;
import dev.headroom.web.http.Guarded;
import dev.headroom.web.http.RateLimit;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Scope;
import dev.headroom.web.http.WebJson;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import io.javalin.json.JavalinJackson3;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server: routes with who may call them, the same headers and the same errors on every
 * answer. Close it to stop it.
 */
public final class WebServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WebServer.class);
  private static final long MOST_BODY_BYTES = 256 * 1024;
  private static final long IDLE_MS = Duration.ofMinutes(2).toMillis();
  private static final double BURST_SECONDS = 2;
  private static final int MOST_CONNECTIONS = 2_000;
  private static final int BAD_REQUEST = 400;
  private static final int DEFECT = 500;
  private static final int UNAVAILABLE = 503;

  private final WebConfig config;
  private final WebParts parts;
  private final RateLimit rateLimit;
  private final Javalin javalin;

  private WebServer(WebConfig config, WebParts parts) {
    this.config = config;
    this.parts = parts;
    rateLimit =
        new RateLimit(
            config.requestsPerSecond(),
            config.requestsPerSecond() * BURST_SECONDS,
            System::nanoTime);
    javalin = Javalin.create(this::configure);
  }

  /**
   * Starts to listen.
   *
   * @param parts what it serves; closed with it
   * @throws WebException when the address is taken or is not one of this machine
   */
  public static WebServer start(WebConfig config, WebParts parts) {
    WebServer server = new WebServer(config, parts);
    try {
      server.javalin.start(config.bind(), config.port());
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw WebException.cannotListen(config, e);
    }
  }

  /** Where it listens, such as {@code http://127.0.0.1:8480}. */
  public String url() {
    String name = config.bind().contains(":") ? "[" + config.bind() + "]" : config.bind();
    return "http://" + name + ":" + javalin.port();
  }

  private void configure(JavalinConfig javalinConfig) {
    javalinConfig.concurrency.useVirtualThreads = true;
    javalinConfig.startup.showJavalinBanner = false;
    javalinConfig.startup.showOldJavalinVersionWarning = false;
    javalinConfig.startup.startupWatcherEnabled = false;
    javalinConfig.http.maxRequestSize = MOST_BODY_BYTES;
    javalinConfig.http.prefer405over404 = true;
    javalinConfig.jsonMapper(new JavalinJackson3(WebJson.mapper(), true));
    javalinConfig.jetty.modifyServer(WebServer::limit);
    RoutesConfig routes = javalinConfig.routes;
    routes.before(this::admit);
    parts.routes().forEach(route -> add(routes, route));
    routes.exception(ApiException.class, (e, context) -> answer(context, e));
    routes.exception(HttpResponseException.class, WebServer::answer);
    routes.exception(DatabaseException.class, WebServer::answer);
    // A body that ends early or is no HTTP is the client's doing, and none of the log's business.
    routes.exception(IOException.class, WebServer::answer);
    routes.exception(
        HttpException.RuntimeException.class, (e, context) -> answer(context, e.getCode()));
    routes.exception(Exception.class, WebServer::answer);
    // A body that does not come: Javalin sets the status and leaves the rest out.
    routes.error(408, context -> context.json(ErrorResponse.ofStatus(408)));
    javalinConfig.router.javaLangErrorHandler(WebServer::answer);
    javalinConfig.jetty.modifyServletContextHandler(
        handler -> handler.setErrorHandler(new ProtocolErrors()));
  }

  private static void limit(Server server) {
    server.addBean(new NetworkConnectionLimit(MOST_CONNECTIONS, server));
    server.setErrorHandler(new ProtocolErrors());
    server.insertHandler(new NoWebSockets());
    for (var connector : server.getConnectors()) {
      if (connector instanceof ServerConnector socket) {
        socket.setIdleTimeout(IDLE_MS);
      }
    }
    // Streams that are open end with their pages; nobody waits for them.
    server.setStopTimeout(1_000);
  }

  private void admit(Context context) {
    Guarded.HEADERS.forEach(context::header);
    String address = ClientAddress.attachTo(context, config.behindProxy());
    if (!config.tokens()) {
      Guarded.requireLoopbackName(context);
      Caller.LOCAL.attachTo(context, () -> true);
      requireRate(context, "local");
    } else {
      Caller caller = identify(context, address);
      caller.attachTo(context, () -> parts.callers().isStillGood(context));
      requireRate(
          context,
          caller.scope() == Scope.PUBLIC ? "address " + address : "token " + caller.name());
    }
    Guarded.requirePlain(context);
  }

  /** Who calls. A bad token counts as a call without one; new ones are counted by themselves. */
  private Caller identify(Context context, String address) {
    try {
      return parts
          .callers()
          .identify(context, () -> requireRate(context, "unknown token from " + address));
    } catch (ApiException e) {
      requireRate(context, "address " + address);
      throw e;
    }
  }

  private void requireRate(Context context, String counted) {
    if (!rateLimit.tryTake(counted)) {
      context.header("Retry-After", "1");
      throw ApiException.tooManyRequests();
    }
  }

  private void add(RoutesConfig routes, Route route) {
    PrometheusMeterRegistry metrics = parts.metrics();
    routes.addHttpHandler(
        route.method(),
        route.path(),
        context -> {
          long begin = System.nanoTime();
          try {
            serve(route, context);
          } finally {
            Timer.builder("headroom.web.requests")
                .description("Time to answer, by route; of a stream the time until it was open")
                .tag("method", route.method().name())
                .tag("route", route.path())
                .publishPercentileHistogram()
                .register(metrics)
                .record(Duration.ofNanos(System.nanoTime() - begin));
          }
        });
  }

  private void serve(Route route, Context context) throws Exception {
    Caller caller = Caller.of(context);
    // Nobody without a token gets a row in the audit, or everybody could fill it.
    if (!route.isWrite() || caller.scope() == Scope.PUBLIC) {
      require(route, caller, context);
      route.handler().handle(context);
      return;
    }
    int status = 500;
    String body = "";
    try {
      require(route, caller, context);
      body = context.body();
      route.handler().handle(context);
      status = context.statusCode();
    } catch (ApiException e) {
      status = e.status();
      throw e;
    } catch (HttpResponseException e) {
      status = e.getStatus();
      throw e;
    } catch (HttpException.RuntimeException e) {
      status = e.getCode();
      throw e;
    } catch (IOException e) {
      status = BAD_REQUEST;
      throw e;
    } catch (DatabaseException e) {
      status = UNAVAILABLE;
      throw e;
    } finally {
      parts.audit().note(caller, context, status, body);
    }
  }

  private static void require(Route route, Caller caller, Context context) {
    if (!caller.scope().includes(route.scope())) {
      throw caller.scope() == Scope.PUBLIC
          ? ApiException.unauthorized("this needs a token")
          : ApiException.forbidden(
              "this needs a token of scope " + route.scope().label(),
              "ask for one: `headroom token create --scope " + route.scope().label() + "`");
    }
    if (!route.method().equals(HandlerType.GET)) {
      Guarded.requireOwnSite(context);
    }
  }

  private static void answer(Context context, ApiException problem) {
    context.status(problem.status());
    if (problem.status() == 401) {
      context.header("WWW-Authenticate", "Bearer");
    }
    context.json(problem.response());
  }

  private static void answer(HttpResponseException problem, Context context) {
    answer(context, problem.getStatus());
  }

  private static void answer(IOException gone, Context context) {
    LOG.debug("{}: the client is gone", context.path(), gone);
    answer(context, BAD_REQUEST);
  }

  private static void answer(Context context, int status) {
    context.status(status);
    context.json(ErrorResponse.ofStatus(status));
  }

  private static void answer(DatabaseException problem, Context context) {
    LOG.warn("{}: {}", context.path(), problem.getMessage());
    answer(
        context,
        ApiException.unavailable(
            "the database did not answer", "look at /readyz and at this process's log"));
  }

  /** A defect: its details are for the log, under a number that the caller can name. */
  private static void answer(Exception defect, Context context) {
    context.status(DEFECT);
    context.json(defect(context.path(), defect));
  }

  /** What is worse than an exception, such as no memory or no stack. */
  private static void answer(HttpServletResponse response, Error defect) {
    ErrorResponse said = defect("a request", defect);
    if (!response.isCommitted()) {
      response.setStatus(DEFECT);
      response.setContentType("application/json");
      try {
        response.getOutputStream().write(WebJson.mapper().writeValueAsBytes(said));
      } catch (IOException e) {
        LOG.debug("the client is gone", e);
      }
    }
  }

  private static ErrorResponse defect(String where, Throwable defect) {
    String number = UUID.randomUUID().toString().substring(0, 8);
    LOG.error("defect {} at {}", number, where, defect);
    return new ErrorResponse(
        new ErrorResponse.Problem(
            DEFECT,
            "defect",
            "this should not have happened",
            "look for " + number + " in this process's log and report it"));
  }

  /** Every operation that is served; what a document of the API has to describe. */
  List<Route> routes() {
    return parts.routes();
  }

  @Override
  public void close() {
    parts.close();
    javalin.stop();
  }
}
