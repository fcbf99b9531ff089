//! `PATCH /v1/invoices/{id}`: changes what goes with an open invoice.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{
    Invalid, InvoiceDraft, InvoiceNumber, InvoicePatch, InvoiceView, Permission, Time, due_date,
};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, given, ok,
    retry_stale, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route =
    Route::patch("invoices-update", "/v1/invoices/{id}").needs(Permission::ManageBilling);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Change an invoice",
    description: "Its number, memo and due date, while it is open (`invoice_not_open`). Lines and sums stay as they are: void it and bill anew. What is not given stays; an empty text or `null` clears the memo. The number that it had can be used again.",
    query: &[],
    body: Some(schema::<InvoiceChange>),
    answer: Body::Json(schema::<InvoiceView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What shall change about an invoice.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct InvoiceChange {
    /// Its number, in 40 characters at most, unique in the workspace.
    number: Option<String>,
    /// What is said with it, in 2 000 characters at most.
    #[serde(deserialize_with = "given")]
    memo: Option<Option<String>>,
    /// When it is due.
    due_date: Option<Time>,
}

impl InvoiceChange {
    fn patch(&self, now: Time) -> Result<InvoicePatch, Invalid> {
        let memo = self.memo.as_ref().map(|memo| {
            let memo = memo.as_deref().unwrap_or_default();
            InvoiceDraft::parse_memo(memo)
        });
        let number = self.number.as_deref().map(InvoiceNumber::parse);
        let due = self.due_date.map(|date| due_date(None, Some(date), now));
        Ok(InvoicePatch {
            number: number.transpose()?,
            memo: memo.transpose()?,
            due_date: due.transpose()?,
        })
    }
}

/// Changes the invoice.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("invoice")?;
    let patch = body::<InvoiceChange>(&request)?.patch(app.now())?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, &caller, id).await?;
        request.if_match(&before.view())?;
        let numbered = match &patch.number {
            Some(_) => workspace.invoices_numbered().await?,
            None => 0,
        };
        let mut change = caller.change(app);
        let after = before.update(&mut change, patch.clone(), numbered)?;
        caller.commit(app, &change, ok(&after.view())).await
    })
    .await
}
