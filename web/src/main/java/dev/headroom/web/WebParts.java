package dev.headroom.web;

import dev.headroom.store.AuditStore;
import dev.headroom.store.Database;
import dev.headroom.store.DatabaseProbe;
import dev.headroom.store.FlagStateWatch;
import dev.headroom.store.FleetStore;
import dev.headroom.store.HourStore;
import dev.headroom.store.IncidentStore;
import dev.headroom.store.InstanceStore;
import dev.headroom.store.LiveStore;
import dev.headroom.store.RefusalStore;
import dev.headroom.store.TimelineStore;
import dev.headroom.store.TokenStore;
import dev.headroom.web.backtest.BacktestEngine;
import dev.headroom.web.backtest.BacktestRoutes;
import dev.headroom.web.fleet.FleetRoutes;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.instance.InstanceRoutes;
import dev.headroom.web.instance.WhatIfRoutes;
import dev.headroom.web.live.ChangeFeed;
import dev.headroom.web.live.LiveRoutes;
import dev.headroom.web.ofrep.FlagFeed;
import dev.headroom.web.ofrep.OfrepRoutes;
import dev.headroom.web.page.Pages;
import dev.headroom.web.rollout.RolloutRoutes;
import dev.headroom.web.token.Audit;
import dev.headroom.web.token.Callers;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** What the web process is made of. Close it to end what runs in the background. */
public final class WebParts implements AutoCloseable {

  private static final Duration FLAG_POLL = Duration.ofSeconds(5);

  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final DatabaseProbe probe;
  private final ChangeFeed feed;
  private final FlagFeed flags;
  private final BacktestRoutes backtests;
  private final WhatIfRoutes whatIf;
  private final Callers callers;
  private final Audit audit;
  private final List<Route> routes = new ArrayList<>();

  /**
   * @param database with the current schema; not closed with this
   * @param jdbcUrl of the same database, for the connections that listen and probe
   * @param engine runs the backtests that pages start
   */
  public WebParts(Database database, String jdbcUrl, BacktestEngine engine) {
    DataSource source = database.dataSource();
    new JvmMemoryMetrics().bindTo(metrics);
    new UptimeMetrics().bindTo(metrics);
    probe = new DatabaseProbe(jdbcUrl);
    feed = new ChangeFeed(new LiveStore(source));
    flags = new FlagFeed(new FlagStateWatch(jdbcUrl, FLAG_POLL), InstantSource.system());
    callers = new Callers(new TokenStore(source), InstantSource.system());
    audit = new Audit(new AuditStore(source));
    backtests = new BacktestRoutes(source, engine);
    whatIf = new WhatIfRoutes(new HourStore(source));
    List<Routes> all =
        List.of(
            new StatusRoutes(probe, metrics),
            new Pages(),
            new LiveRoutes(feed),
            new OfrepRoutes(flags),
            new FleetRoutes(new FleetStore(source), new RefusalStore(source)),
            new InstanceRoutes(
                new InstanceStore(source), new TimelineStore(source), new IncidentStore(source)),
            whatIf,
            backtests,
            new RolloutRoutes(source, InstantSource.system()),
            audit);
    all.forEach(part -> routes.addAll(part.routes()));
  }

  List<Route> routes() {
    return routes;
  }

  PrometheusMeterRegistry metrics() {
    return metrics;
  }

  Callers callers() {
    return callers;
  }

  Audit audit() {
    return audit;
  }

  @Override
  public void close() {
    feed.close();
    flags.close();
    backtests.close();
    probe.close();
    whatIf.close();
    metrics.close();
  }
}
