//! How many clients a company has.
//!
//! The count is an item of its own, so that clients who come and go do not
//! change the version of the company. It is written together with the marker
//! of the client that it counts, and is due from then on until the company's
//! copies are sorted by it.

use crate::{
    DueKind, Index, Pattern,
    item::{Attributes, ENTITY},
    pattern::Key,
    text,
};
use aws_sdk_dynamodb::{
    error::BuildError,
    types::{AttributeValue, Update},
};
use portico_domain::{CompanyId, Time, WorkspaceId};
use serde::Deserialize;

pub(crate) const COUNT: Pattern = Pattern::new(
    "how many clients this company has",
    Index::Table,
    "WS#<workspace>#CO#<company>",
    "COMPANY#COUNT",
);

pub(crate) const COMPANY_COUNT: &str = "companyCount";
/// The attribute that says how often the count has changed.
pub(super) const CHANGES: &str = "changes";

/// A count as it is stored.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Count {
    /// Of which company.
    pub(super) id: CompanyId,
    /// How many clients.
    pub(super) clients: u64,
    /// How often that has changed.
    pub(super) changes: u64,
}

pub(super) fn count_key(workspace: WorkspaceId, id: CompanyId) -> Key {
    COUNT.key(&[&workspace, &id])
}

/// Counts so many clients more, or less.
pub(crate) fn update(
    table: &str,
    workspace: WorkspaceId,
    id: CompanyId,
    by: i64,
    now: Time,
) -> Result<Update, BuildError> {
    let due: Attributes = DueKind::CompanyCount.key(id, now).attributes();
    let due = due
        .into_iter()
        .map(|(name, value)| (format!(":{name}"), value));
    let number = |number: i64| AttributeValue::N(number.to_string());
    let mut update = Update::builder()
        .table_name(table)
        .set_key(Some(count_key(workspace, id).attributes()))
        .update_expression(
            "SET #entity = :entity, workspaceId = :workspace, id = :id, duepk = :duepk, duesk = :duesk \
             ADD clients :by, changes :one",
        )
        .expression_attribute_names("#entity", ENTITY)
        .expression_attribute_values(":entity", text(&COMPANY_COUNT))
        .expression_attribute_values(":workspace", text(&workspace))
        .expression_attribute_values(":id", text(&id))
        .expression_attribute_values(":by", number(by))
        .expression_attribute_values(":one", number(1));
    for (name, value) in due {
        update = update.expression_attribute_values(name, value);
    }
    update.build()
}
