//! `POST /v1/invoices/{id}/payments`: records that an invoice was paid, or that
//! a payment failed.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{
    FeeAmount, PaymentDraft, PaymentFields, PaymentMethod, PaymentStatus, PaymentView, Permission,
    Time,
};
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body, created,
    retry_crowded, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("invoices-pay", "/v1/invoices/{id}/payments").needs(Permission::ManageBilling);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Record a payment of an invoice",
    description: "Money that came some other way: Portico takes none. The invoice has to be open (`invoice_not_open`), and the amount no more than what is left of it (`payment_exceeds_invoice`, with `amountDue`), however many payments come at once. When nothing is left it is paid. Events `payment.succeeded`, then `invoice.paid` or `invoice.updated`; or `payment.failed`, which changes nothing about the invoice. An invoice has 50 payments at most. A payment is not changed or deleted.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<NewPayment>),
    answer: Body::Created(schema::<PaymentView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// A payment that was made, or failed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct NewPayment {
    /// How much, in the smallest unit of the invoice's currency: 1 or more.
    amount: Option<i64>,
    /// `succeeded` unless given.
    status: PaymentStatus,
    /// How it was paid.
    payment_method: Option<PaymentMethod>,
    /// What the card's or account's number ends with.
    last4_digits: Option<String>,
    /// The brand of the card, in 50 characters at most.
    brand: Option<String>,
    /// Why it failed, for people, in 500 characters at most.
    message: Option<String>,
    /// Why it failed, for programs, in 100 characters at most.
    decline_code: Option<String>,
    /// What it cost to be paid.
    fee_amount: FeeAmount,
    /// When it was paid, or failed; now unless given.
    paid_at: Option<Time>,
}

impl From<NewPayment> for PaymentFields {
    fn from(new: NewPayment) -> Self {
        Self {
            amount: new.amount,
            status: new.status,
            payment_method: new.payment_method,
            last4_digits: new.last4_digits.unwrap_or_default(),
            brand: new.brand.unwrap_or_default(),
            message: new.message.unwrap_or_default(),
            decline_code: new.decline_code.unwrap_or_default(),
            fee_amount: new.fee_amount,
            paid_at: new.paid_at,
        }
    }
}

/// Records the payment.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("invoice")?;
    let fields = PaymentFields::from(body::<NewPayment>(&request)?);
    let draft = PaymentDraft::new(&fields, app.now())?;
    let workspace = caller.store(app);
    retry_crowded(app, || async {
        let before = find(&workspace, &caller, id).await?;
        request.if_match(&before.view())?;
        let mut change = caller.change(app);
        let (_, payment) = before.pay(&mut change, draft.clone())?;
        caller.commit(app, &change, created(&payment.view())).await
    })
    .await
}
