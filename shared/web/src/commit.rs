//! What a caller changes: who asked is noted, a request with an idempotency key
//! is done once, and a rehearsal writes nothing.

use crate::{
    Caller, Operation, Parameter, PortalCaller, Problem, Request, Response,
    idempotency::IdempotencyKey,
};
use portico_app::App;
use portico_domain::{Change, Invalid, Origin, Permission, Workspace};
use portico_store::{Answered, CommitError};

/// The header that tells that nothing was done.
const DRY_RUN: &str = "portico-dry-run";

impl Parameter {
    /// Whether nothing is done.
    pub const DRY_RUN: Self = Self::flag(
        "dryRun",
        "Check everything and do nothing: the answer is the one that the real request would get now, with the header `portico-dry-run: true`. Ids in it name nothing.",
    );
}

impl Caller {
    /// The same caller, for one item of the request.
    pub(crate) fn with_key(&self, key: Option<IdempotencyKey>) -> Self {
        let mut caller = self.clone();
        caller.idempotency_key = key;
        caller
    }

    /// A change of nothing yet that this caller asks for.
    pub fn change<'a>(&self, app: &'a App) -> Change<'a> {
        Change::new(app.moment(), self.origin.clone())
            .with_client_limit(self.workspace.plan.client_limit)
    }

    /// Writes a part of what was asked for, whole or not at all; the answer to
    /// all of it is committed at the end.
    pub async fn write(&self, app: &App, change: &Change<'_>) -> Result<(), CommitError> {
        let workspace = app.store.workspace(self.workspace_id);
        if self.is_dry_run {
            workspace.rehearse(change).await
        } else {
            workspace.commit(change).await
        }
    }

    /// Writes a change whole, or not at all, and answers with `answer`.
    pub async fn commit(
        &self,
        app: &App,
        change: &Change<'_>,
        answer: Response,
    ) -> Result<Response, Problem> {
        if self.is_dry_run {
            if let Err(error) = self.write(app, change).await {
                return Err(self.refused(app, error).await);
            }
            return Ok(answer.with_header(DRY_RUN, "true"));
        }
        let key = self.idempotency_key.as_ref();
        let record = key
            .map(|key| key.record(app, &answer, change.moment.now))
            .transpose()?;
        match commit_within_limit(app, &self.workspace, change, record.as_ref()).await {
            Ok(()) => Ok(answer),
            Err(error) => Err(self.refused(app, error).await),
        }
    }

    /// Why nothing was written. Whose an address is, is told to who sees that
    /// client.
    async fn refused(&self, app: &App, error: CommitError) -> Problem {
        let CommitError::EmailTaken(Some(holder)) = error else {
            return error.into();
        };
        let problem = Problem::from(error);
        if !self.may(Permission::ViewClients) {
            return problem;
        }
        // Who has the address is a help; the refusal stands without it.
        match self.client(app, holder).await {
            Ok(Some(client)) => problem.of_client(client.id),
            Ok(None) | Err(_) => problem,
        }
    }
}

/// Refuses to rehearse what cannot be rehearsed: whoever only wants to know what
/// would be must not find it done.
pub(crate) fn refuse_dry_run(request: &Request, operation: &Operation) -> Result<(), Problem> {
    let is_known = |parameter: &Parameter| parameter.name == Parameter::DRY_RUN.name;
    let can_rehearse = request.is_read() || operation.query.iter().any(is_known);
    if can_rehearse || !request.is_dry_run()? {
        return Ok(());
    }
    let message = "this cannot be rehearsed: nothing was done; leave dryRun out to do it";
    Err(Invalid::new("dryRun", "dry_run_unsupported", message).into())
}

/// Writes a change that may add clients. If the plan of the workspace allows no
/// more, that is told, once until there is room again.
pub async fn commit_within_limit(
    app: &App,
    workspace: &Workspace,
    change: &Change<'_>,
    answered: Option<&Answered>,
) -> Result<(), CommitError> {
    let store = app.store.workspace(workspace.id);
    let written = store.commit_answer(change, answered).await;
    if let Err(CommitError::ClientLimitReached(limit)) = written {
        // Few requests come here; the others need no room for it.
        Box::pin(tell_limit_reached(app, workspace, &change.origin, limit)).await;
    }
    written
}

/// The same for a change that somebody from outside asks for, who is told
/// nothing of the plan.
pub async fn commit_for_outsider(
    app: &App,
    workspace: &Workspace,
    change: &Change<'_>,
) -> Result<(), Problem> {
    let written = commit_within_limit(app, workspace, change, None).await;
    written.map_err(|error| refused_outside(workspace, error))
}

fn refused_outside(workspace: &Workspace, error: CommitError) -> Problem {
    match error {
        CommitError::ClientLimitReached(_) => Problem::no_new_accounts(&workspace.name),
        error => error.into(),
    }
}

impl PortalCaller {
    /// Writes a change that may add clients, and answers with `answer`.
    pub async fn commit_within_limit(
        &self,
        app: &App,
        workspace: &Workspace,
        change: &Change<'_>,
        answer: Response,
    ) -> Result<Response, Problem> {
        let answered = self.answered(app, change, &answer)?;
        match commit_within_limit(app, workspace, change, answered.as_ref()).await {
            Ok(()) => Ok(answer),
            Err(error) => Err(refused_outside(workspace, error)),
        }
    }
}

/// Refuses somebody from outside where there is no room for another client,
/// before anything is asked of them: whoever they name, so that nobody learns
/// who is there already. Whoever comes in between is refused by the commit.
pub async fn refuse_if_full(
    app: &App,
    workspace: &Workspace,
    origin: &Origin,
) -> Result<(), Problem> {
    let Some(limit) = workspace.plan.client_limit else {
        return Ok(());
    };
    let used = app.store.workspace(workspace.id).counted_clients().await?;
    if used < u64::from(limit) {
        return Ok(());
    }
    Box::pin(tell_limit_reached(app, workspace, origin, limit)).await;
    Err(Problem::no_new_accounts(&workspace.name))
}

/// What was refused stays refused whatever becomes of this; whoever is refused
/// next tells it then.
async fn tell_limit_reached(app: &App, workspace: &Workspace, origin: &Origin, limit: u32) {
    let mut change = Change::new(app.moment(), origin.clone());
    workspace.tell_limit_reached(&mut change, limit);
    match app.store.workspace(workspace.id).commit(&change).await {
        // It was told, or the workspace is being changed.
        Ok(()) | Err(CommitError::Stale) => {}
        Err(error) => tracing::warn!(%error, "failed to tell that a limit is reached"),
    }
}
