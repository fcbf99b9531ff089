//! What setting the own picture and taking it away have in common.

use portico_app::App;
use portico_domain::{Client, ClientPatch, Picture};
use portico_web::{PortalCaller, Problem, Request, retry_stale};

/// Has the client shown by this picture, which is kept already, or by its
/// initials; answers with the client as it is then.
pub(crate) async fn store(
    app: &App,
    request: &Request,
    caller: &PortalCaller,
    avatar: Option<&Picture>,
) -> Result<Client, Problem> {
    let workspace = app.store.workspace(caller.client.workspace_id);
    retry_stale(|| async {
        let before = workspace.client(caller.client.id).await?;
        let before = before.filter(|before| !before.is_archived());
        let before = before.ok_or_else(Problem::session_missing)?;
        request.if_match(&before.profile())?;
        let mut change = caller.change(app, request);
        let mut after = before.clone();
        let patch = ClientPatch {
            avatar: Some(avatar.cloned()),
            ..ClientPatch::default()
        };
        after.update(&mut change, patch);
        if after == before {
            return Ok(before);
        }
        after.note_activity(change.moment.now);
        let client = change.save_client(Some(&before), after);
        workspace.commit(&change).await?;
        Ok(client)
    })
    .await
}
