package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Json;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.cli.TextTable;
import dev.headroom.store.TokenStore;
import dev.headroom.store.TokenStore.Token;
import dev.headroom.web.http.Scope;
import dev.headroom.web.token.TokenSecret;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headroom token}: who may talk to the web process. */
@Command(
    name = "token",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Makes, lists and takes back tokens for `headroom web --tokens`.",
    subcommands = {
      TokenCommand.Create.class,
      TokenCommand.ListTokens.class,
      TokenCommand.Revoke.class,
      HelpCommand.class
    })
final class TokenCommand {

  private static final int MOST_NAME = 100;

  private TokenCommand() {}

  /** What a token may open. */
  enum Grant {
    VIEWER,
    OPERATOR,
    ADMIN
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description =
          "Makes a token and prints it, this once: only its hash is kept. A viewer looks, without texts of"
              + " statements; an operator also runs backtests and moves rollouts; an admin also reads who did what.")
  static final class Create implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Parameters(paramLabel = "NAME", description = "Whose it is; stands in the audit.")
    private String name = "";

    @Option(
        names = "--scope",
        paramLabel = "SCOPE",
        defaultValue = "viewer",
        description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Grant scope = Grant.VIEWER;

    @Option(
        names = "--days",
        paramLabel = "DAYS",
        description = "It is good for so many days. Default: until it is revoked.")
    private @Nullable Integer days;

    Create(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      if (name.isBlank() || name.length() > MOST_NAME) {
        throw CommandFailure.usage("a token's name has 1 to " + MOST_NAME + " characters");
      }
      if (days != null && days < 1) {
        throw CommandFailure.usage("a token is good for 1 day or more, not " + days);
      }
      String secret = TokenSecret.make();
      Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
      try (OpenDatabase open = database.start(terminal)) {
        new TokenStore(open.database().dataSource())
            .create(
                TokenSecret.sha256(secret),
                name,
                Scope.valueOf(scope.name()).label(),
                days == null ? null : now.plus(Duration.ofDays(days)));
      }
      terminal.print(secret);
      terminal.say("this is shown once; `headroom token revoke '" + name + "'` takes it back");
      return ExitCode.OK;
    }
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Lists the tokens; what is secret about them is not kept.")
  static final class ListTokens implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    ListTokens(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      List<Token> tokens;
      try (OpenDatabase open = database.startExisting(terminal)) {
        tokens = new TokenStore(open.database().dataSource()).list();
      }
      if (json) {
        terminal.print(Json.write(tokens.stream().map(ListTokens::fields).toList()));
      } else if (tokens.isEmpty()) {
        terminal.say("there is no token yet; `headroom token create NAME` makes one");
      } else {
        TextTable table = new TextTable("name", "scope", "created", "state");
        tokens.forEach(token ->
            table.add(token.name(), token.scope(), token.createdAt().toString(), state(token)));
        terminal.print(table.render(terminal));
      }
      return ExitCode.OK;
    }

    private static String state(Token token) {
      if (token.revokedAt() != null) {
        return "revoked " + token.revokedAt();
      }
      if (token.expiresAt() == null) {
        return "good";
      }
      return (token.isGood(Instant.now()) ? "good until " : "expired ") + token.expiresAt();
    }

    private static Map<String, @Nullable Object> fields(Token token) {
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      fields.put("token_id", token.tokenId().toString());
      fields.put("name", token.name());
      fields.put("scope", token.scope());
      fields.put("created_at", token.createdAt().toString());
      fields.put("expires_at", token.expiresAt() == null ? null : token.expiresAt().toString());
      fields.put("revoked_at", token.revokedAt() == null ? null : token.revokedAt().toString());
      fields.put("is_good", token.isGood(Instant.now()));
      return fields;
    }
  }

  @Command(
      name = "revoke",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Takes tokens back; the web process refuses them within seconds.")
  static final class Revoke implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Parameters(paramLabel = "NAME", description = "The token's name, or its id.")
    private String name = "";

    Revoke(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      int revoked;
      try (OpenDatabase open = database.startExisting(terminal)) {
        revoked = new TokenStore(open.database().dataSource()).revoke(name);
      }
      if (revoked == 0) {
        throw CommandFailure.usage(
            "no good token is named '" + name + "'; `headroom token list` shows them");
      }
      terminal.say("revoked " + revoked + (revoked == 1 ? " token" : " tokens"));
      return ExitCode.OK;
    }
  }
}
