/*
 * statement.c: tells the guard when this process runs a statement, which one, and how it ended.
 *
 * A statement is what a client asked for at the top: it begins with the first hook that Postgres calls for it and ends when
 * the process could go idle. What runs inside of it (functions, triggers, cascades, cursors) belongs to it.
 *
 *     simple query        begins at parse analysis        ends with ExecutorEnd or the utility
 *     extended query      begins with planning in Bind    ends with the first ExecutorRun in Execute, since the portal may stay
 *                                                         open and the session idle
 *     any, in an error                                    ends with the rollback of the transaction or savepoint
 *
 * `depth` counts the hooks that are on the stack; every one takes itself off again when an ERROR passes. A transaction's end
 * at depth 0 ends the statement whatever was missed. Raw parsing and reading the client's message come before the first hook:
 * they count and are never refused.
 *
 * How a statement ended after a denial is told by the log hook, for Postgres says it there before anything is cleaned up. That
 * hook is only called for what goes to the server's log. So the ERROR that leaves the outermost hook is noted as well, and a
 * rollback that nobody's code catches makes it the outcome, unless the log hook did before: log_min_messages changes no count.
 */
#include "compat.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "commands/extension.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "tcop/utility.h"
#include "utils/elog.h"

#include "headroom.h"

static post_parse_analyze_hook_type next_post_parse_analyze = NULL;
static planner_hook_type next_planner = NULL;
static ExecutorStart_hook_type next_executor_start = NULL;
static ExecutorRun_hook_type next_executor_run = NULL;
static ExecutorFinish_hook_type next_executor_finish = NULL;
static ExecutorEnd_hook_type next_executor_end = NULL;
static ProcessUtility_hook_type next_process_utility = NULL;
static emit_log_hook_type next_emit_log = NULL;

static int depth = 0;
static bool running = false;         /* a statement has begun and not ended */
static bool running_simple = false;  /* it came by the simple protocol */
static int introduced_pid = 0;       /* the process that the next two belong to; a forked child starts anew */
static Oid introduced_user = InvalidOid;
static bool introduced_superuser = false;
static int raised_sqlstate = 0; /* of the last message inside the outermost hook, whatever its level */
static int failed_sqlstate = 0; /* of the ERROR that left the outermost hook; 0: none did */

/* --- who ------------------------------------------------------------------------------------------------------------ */

/* A FATAL unwinds nothing: the hooks it was raised in are still on the stack. */
static void
on_exit_of_process(int code, Datum argument)
{
	if (code != 0 && depth > 0 && raised_sqlstate == ERRCODE_OUT_OF_MEMORY)
		headroom_guard->outcome(HEADROOM_OUTCOME_FATAL, ERRCODE_OUT_OF_MEMORY);
	headroom_guard->process_exiting();
}

/* Needs a running transaction, for it may look into the catalogue. */
static void
introduce(void)
{
	Oid user = GetSessionUserId();
	bool is_superuser;

	if (introduced_pid != MyProcPid)
	{
		introduced_pid = MyProcPid;
		introduced_user = InvalidOid;
		before_shmem_exit(on_exit_of_process, (Datum) 0);
	}
	if (!IsTransactionState())
		return;
	is_superuser = superuser_arg(user);
	if (user == introduced_user && is_superuser == introduced_superuser)
		return;
	introduced_user = user;
	introduced_superuser = is_superuser;
	headroom_guard->set_identity(MyDatabaseId, user, is_superuser);
}

/* --- from begin to end ---------------------------------------------------------------------------------------------- */

static void
end_statement(void)
{
	if (!running)
		return;
	running = false;
	running_simple = false;
	headroom_guard->statement_reset();
}

static void
begin_statement(bool simple)
{
	if (running)
		return;
	introduce();
	running = true;
	running_simple = simple;
	raised_sqlstate = 0;
	failed_sqlstate = 0;
	headroom_guard->statement_begin();
}

static void
name_query(uint64 query_id)
{
	if (running && depth == 0 && query_id != 0)
		headroom_guard->set_query_id((int64) query_id);
}

/*
 * Adds to an "out of memory" what a reader of it needs: that a limit said so, and not the machine.
 */
static void
explain_denial(void *argument)
{
	HeadroomDenial denial;

	raised_sqlstate = geterrcode();
	if (raised_sqlstate != ERRCODE_OUT_OF_MEMORY)
		return;
	headroom_guard->last_denial(&denial);
	if (denial.denials == 0)
		return;
	errhint("Headroom's guard refused %llu bytes: queries held %lld bytes of the %llu bytes they may hold together, this one "
			"%lld. See the view headroom_guard_processes.",
			(unsigned long long) denial.requested_bytes, (long long) denial.allocated_bytes,
			(unsigned long long) denial.limit_bytes, (long long) denial.process_allocated_bytes);
}

/* A parallel worker's ERROR is its leader's to report, which must know of the denials before it hears of the ERROR. */
static void
tell_leader(void)
{
	if (MyProc != NULL && MyProc->lockGroupLeader != NULL)
		headroom_guard->outcome_to_leader(MyProc->lockGroupLeader->pid);
}

/* An ERROR leaves the outermost hook. */
static void
note_failure(void)
{
	failed_sqlstate = geterrcode();
	if (failed_sqlstate == ERRCODE_OUT_OF_MEMORY && IsParallelWorker())
		tell_leader();
}

/* Called at a rollback: the ERROR was caught by nobody but Postgres's main loop. */
static void
end_failed_statement(void)
{
	if (running && failed_sqlstate == ERRCODE_OUT_OF_MEMORY && !IsParallelWorker())
		headroom_guard->outcome(HEADROOM_OUTCOME_ERROR, ERRCODE_OUT_OF_MEMORY);
	end_statement();
}

#define HEADROOM_INSIDE(call)                                                                                          \
	do                                                                                                                 \
	{                                                                                                                  \
		ErrorContextCallback explanation = {.callback = explain_denial, .previous = error_context_stack};              \
                                                                                                                       \
		if (depth == 0)                                                                                                \
			error_context_stack = &explanation;                                                                        \
		depth++;                                                                                                       \
		PG_TRY();                                                                                                      \
		{                                                                                                              \
			call;                                                                                                      \
		}                                                                                                              \
		PG_CATCH();                                                                                                    \
		{                                                                                                              \
			if (--depth == 0)                                                                                          \
				note_failure();                                                                                        \
			PG_RE_THROW();                                                                                             \
		}                                                                                                              \
		PG_END_TRY();                                                                                                  \
		depth--;                                                                                                       \
		error_context_stack = explanation.previous;                                                                    \
	} while (0)

/* --- hooks ---------------------------------------------------------------------------------------------------------- */

static void
on_post_parse_analyze(ParseState *parse, Query *query, JumbleState *jumble)
{
	/* A statement of the extended protocol, or of a function, brings a resolver for its parameters. */
	if (depth == 0 && parse->p_paramref_hook == NULL)
	{
		end_statement();
		begin_statement(true);
		name_query(query->queryId);
	}
	if (next_post_parse_analyze != NULL)
		next_post_parse_analyze(parse, query, jumble);
}

static PlannedStmt *
on_planner(Query *parse, const char *query_string, int cursor_options, ParamListInfo parameters)
{
	PlannedStmt *volatile plan = NULL;

	begin_statement(false);
	name_query(parse->queryId);
	HEADROOM_INSIDE(plan = next_planner != NULL ? next_planner(parse, query_string, cursor_options, parameters)
												: standard_planner(parse, query_string, cursor_options, parameters));
	return plan;
}

static void
on_executor_start(QueryDesc *query, int flags)
{
	begin_statement(false);
	name_query(query->plannedstmt->queryId);
	HEADROOM_INSIDE(
		if (next_executor_start != NULL)
			next_executor_start(query, flags);
		else
			standard_ExecutorStart(query, flags));
}

static void
on_executor_run(HEADROOM_RUN_PARAMETERS)
{
	begin_statement(false);
	name_query(query->plannedstmt->queryId);
	HEADROOM_INSIDE(
		if (next_executor_run != NULL)
			next_executor_run(HEADROOM_RUN_ARGUMENTS);
		else
			standard_ExecutorRun(HEADROOM_RUN_ARGUMENTS));
	if (depth == 0 && !running_simple && query->operation == CMD_SELECT && !query->plannedstmt->hasModifyingCTE &&
		!IsParallelWorker())
		end_statement();
}

static void
on_executor_finish(QueryDesc *query)
{
	/* What only reads has nothing left to run here. */
	if (query->operation == CMD_SELECT && !query->plannedstmt->hasModifyingCTE)
	{
		if (next_executor_finish != NULL)
			next_executor_finish(query);
		else
			standard_ExecutorFinish(query);
		return;
	}
	begin_statement(false);
	HEADROOM_INSIDE(
		if (next_executor_finish != NULL)
			next_executor_finish(query);
		else
			standard_ExecutorFinish(query));
}

static void
on_executor_end(QueryDesc *query)
{
	HEADROOM_INSIDE(
		if (next_executor_end != NULL)
			next_executor_end(query);
		else
			standard_ExecutorEnd(query));
	if (depth == 0)
		end_statement();
}

static void
on_process_utility(PlannedStmt *statement, const char *query_string, bool read_only_tree, ProcessUtilityContext context,
				   ParamListInfo parameters, QueryEnvironment *environment, DestReceiver *receiver,
				   QueryCompletion *completion)
{
	begin_statement(false);
	name_query(statement->queryId);
	HEADROOM_INSIDE(
		if (next_process_utility != NULL)
			next_process_utility(statement, query_string, read_only_tree, context, parameters, environment, receiver,
								 completion);
		else
			standard_ProcessUtility(statement, query_string, read_only_tree, context, parameters, environment, receiver,
									completion));
	if (depth == 0)
		end_statement();
}

/*
 * Between a transaction's last commands and its end an ERROR would be a PANIC or lose what was done. Postgres holds interrupts
 * then, which the guard sees; the callbacks add what comes before that and after.
 */
static void
on_transaction(XactEvent event, void *argument)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PARALLEL_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			headroom_guard->unsafe_begin();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
		case XACT_EVENT_PREPARE:
			headroom_guard->unsafe_end();
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PARALLEL_ABORT:
			/* The commit that failed began what nobody ends. */
			headroom_guard->unsafe_end();
			break;
	}
	if (depth > 0)
		return;
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_PARALLEL_ABORT)
		end_failed_statement();
	else if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PARALLEL_COMMIT || event == XACT_EVENT_PREPARE)
		end_statement();
}

static void
on_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *argument)
{
	/* Deeper down it is an error that a function caught. */
	if (event != SUBXACT_EVENT_ABORT_SUB || depth > 0)
		return;
	/* So it is at depth 0 in a deferred trigger; the main loop has no context left when it rolls back. */
	if (error_context_stack != NULL)
		end_statement();
	else
		end_failed_statement();
}

/* Which ERROR, FATAL or PANIC followed a denial, as far as the server's log is told of it. */
static void
on_emit_log(ErrorData *error)
{
	if (next_emit_log != NULL)
		next_emit_log(error);
	if (error->elevel < ERROR || error->sqlerrcode != ERRCODE_OUT_OF_MEMORY)
		return;
	if (IsParallelWorker() && error->elevel == ERROR)
	{
		tell_leader();
		return;
	}
	headroom_guard->outcome(error->elevel >= PANIC   ? HEADROOM_OUTCOME_PANIC
							: error->elevel == FATAL ? HEADROOM_OUTCOME_FATAL
													 : HEADROOM_OUTCOME_ERROR,
							(uint32) error->sqlerrcode);
}

void
headroom_install_statement_hooks(void)
{
	next_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = on_post_parse_analyze;
	next_planner = planner_hook;
	planner_hook = on_planner;
	next_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = on_executor_start;
	next_executor_run = ExecutorRun_hook;
	ExecutorRun_hook = on_executor_run;
	next_executor_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = on_executor_finish;
	next_executor_end = ExecutorEnd_hook;
	ExecutorEnd_hook = on_executor_end;
	next_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = on_process_utility;
	next_emit_log = emit_log_hook;
	emit_log_hook = on_emit_log;
	RegisterXactCallback(on_transaction, NULL);
	RegisterSubXactCallback(on_subtransaction, NULL);
}
