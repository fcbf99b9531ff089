//! `POST /v1/custom-fields`: adds fields that clients or companies can have.

use portico_app::{App, Grant};
use portico_domain::{
    CustomFieldView, Feature, FieldDraft, FieldEntity, FieldType, Invalid, MAX_FIELDS, Permission,
};
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body, ok,
    retry_stale, schema,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What this function answers to.
pub const ROUTE: Route = Route::post("custom-fields-create", "/v1/custom-fields")
    .needs(Permission::ManageClientOrganizations)
    .part_of(Feature::CustomFields);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET, Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Add custom fields",
    description: "All of them or none. The name is that of no other field of clients, or of companies, whatever its case (`custom_field_name_taken`). The key of each is made of its name (`Support Email` becomes `supportEmail`), is unique, and never changes. There are at most 100 fields for clients and 100 for companies.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<NewFields>),
    answer: Body::Json(schema::<Fields>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Fields that shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewFields {
    /// One field or more.
    custom_fields: Vec<NewField>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewField {
    /// Of what it is a field.
    entity_type: FieldEntity,
    /// What people read.
    name: String,
    /// What it holds.
    #[serde(rename = "type")]
    kind: FieldType,
    /// What can be chosen in a `multiSelect`.
    #[serde(default)]
    options: Vec<NewOption>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewOption {
    /// What people read.
    label: String,
}

/// Fields that were added.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Fields {
    /// In the order of the request.
    custom_fields: Vec<CustomFieldView>,
}

/// Adds the fields.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    caller.refuse_limited()?;
    let drafts = drafts(body::<NewFields>(&request)?.custom_fields)?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let sets = workspace.field_sets().await?;
        let mut after = sets.clone();
        let mut change = caller.change(app);
        let mut added = Vec::with_capacity(drafts.len());
        for (number, (entity, draft)) in drafts.iter().enumerate() {
            let set = after.iter_mut().find(|set| set.entity == *entity);
            let Some(set) = set else { continue };
            if set.has_named(&draft.name, None) {
                let field = format!("customFields[{number}].name");
                return Err(Problem::custom_field_name_taken(&field, &draft.name));
            }
            let id = set.add(&mut change, draft.clone())?;
            added.push((*entity, id));
        }
        for (before, after) in sets.iter().zip(&after) {
            change.save_field_set(before, after.clone());
        }
        let views = added.iter().filter_map(|(entity, id)| {
            let set = after.iter().find(|set| set.entity == *entity)?;
            CustomFieldView::of(set, *id)
        });
        let custom_fields = views.collect();
        let answer = ok(&Fields { custom_fields });
        caller.commit(app, &change, answer).await
    })
    .await
}

fn drafts(fields: Vec<NewField>) -> Result<Vec<(FieldEntity, FieldDraft)>, Invalid> {
    if fields.is_empty() {
        return Err(Invalid::missing("customFields"));
    }
    if fields.len() > MAX_FIELDS {
        let message = format!("at most {MAX_FIELDS} fields are added at once");
        let code = "too_many_custom_fields";
        return Err(Invalid::new("customFields", code, message));
    }
    let draft = |(number, field): (usize, NewField)| {
        let labels: Vec<String> = field.options.into_iter().map(|one| one.label).collect();
        let place = format!("customFields[{number}]");
        let draft = FieldDraft::new(&place, &field.name, field.kind, &labels)?;
        Ok((field.entity_type, draft))
    };
    fields.into_iter().enumerate().map(draft).collect()
}
