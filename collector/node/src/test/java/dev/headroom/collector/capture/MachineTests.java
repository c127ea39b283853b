package dev.headroom.collector.capture;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs the test classes and methods it is given; its exit code is 0 when all ran and none failed.
 */
final class MachineTests {

  private MachineTests() {}

  public static void main(String[] tests) {
    LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
    for (String test : tests) {
      request.selectors(
          test.contains("#")
              ? DiscoverySelectors.selectMethod(test)
              : DiscoverySelectors.selectClass(test));
    }
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherDiscoveryRequest built = request.build();
    LauncherFactory.create().execute(built, listener);
    TestExecutionSummary summary = listener.getSummary();
    PrintWriter output = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    summary.printFailuresTo(output);
    output.printf(
        "%d tests succeeded, %d failed, %d skipped%n",
        summary.getTestsSucceededCount(),
        summary.getTotalFailureCount(),
        summary.getTestsAbortedCount());
    boolean allRan = summary.getTestsSucceededCount() > 0 && summary.getTestsAbortedCount() == 0;
    System.exit(allRan && summary.getTotalFailureCount() == 0 ? 0 : 1);
  }
}
