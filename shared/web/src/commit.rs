//! What a caller changes: who asked is noted, a request with an idempotency key
//! is done once, and a rehearsal writes nothing.

use crate::{Caller, Parameter, Problem, Request, Response, idempotency::IdempotencyKey};
use portico_app::App;
use portico_domain::Change;

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
    /// The same caller, who with `?dryRun=true` only wants to know what would
    /// be.
    pub fn or_dry_run(mut self, request: &Request) -> Result<Self, Problem> {
        self.is_dry_run = request.flag("dryRun")?.unwrap_or(false);
        Ok(self)
    }

    /// The same caller, for one item of the request.
    pub(crate) fn with_key(&self, key: Option<IdempotencyKey>) -> Self {
        let mut caller = self.clone();
        caller.idempotency_key = key;
        caller
    }

    /// A change of nothing yet that this caller asks for.
    pub fn change<'a>(&self, app: &'a App) -> Change<'a> {
        Change::new(app.moment(), self.origin.clone())
    }

    /// Writes a change whole, or not at all, and answers with `answer`.
    pub async fn commit(
        &self,
        app: &App,
        change: &Change<'_>,
        answer: Response,
    ) -> Result<Response, Problem> {
        let workspace = app.store.workspace(self.workspace_id);
        if self.is_dry_run {
            workspace.rehearse(change).await?;
            return Ok(answer.with_header(DRY_RUN, "true"));
        }
        let key = self.idempotency_key.as_ref();
        let record = key
            .map(|key| key.record(app, &answer, change.moment.now))
            .transpose()?;
        workspace.commit_answer(change, record.as_ref()).await?;
        Ok(answer)
    }
}
