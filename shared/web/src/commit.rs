//! What a caller changes: who asked is noted, and a request with an idempotency
//! key is done once.

use crate::{Caller, Problem, Response};
use portico_app::App;
use portico_domain::Change;

impl Caller {
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
        let key = self.idempotency_key.as_ref();
        let record = key
            .map(|key| key.record(app, &answer, change.moment.now))
            .transpose()?;
        app.store
            .workspace(self.workspace_id)
            .commit_answer(change, record.as_ref())
            .await?;
        Ok(answer)
    }
}
