//! Salesforce: contacts and accounts are written over by an external id, which
//! is the id that they have here.
//!
//! `PATCH /services/data/vXX.0/sobjects/Contact/<external id field>/<id>`
//! creates the record or changes it. A contact there has one account, so it is
//! linked to the client's primary company; the account is written first, so a
//! link never fails for want of it. Nothing is ever deleted there.

mod tokens;

pub(crate) use tokens::{Door, Tokens};

use crate::{
    Done, Story,
    line::Answer,
    mapping::{CLIENT_FIELDS, COMPANY_FIELDS, Mapped, Mapping, Rules, is_name},
    reach::Reach,
    settings::{Mappings, credential, parse, yes},
    story::fields,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use portico_domain::{EventType, Invalid};
use portico_keys::Secret;
use portico_webhook::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::iter;

const API_VERSION: &str = "62.0";

const EXTERNAL_ID: &str = "Portico_Id__c";

const CONTACT: Rules = Rules {
    field: "settings.mapping.contact",
    usual: &[
        ("FirstName", &["givenName"]),
        // A contact must have a last name.
        ("LastName", &["familyName", "name"]),
        ("Email", &["email"]),
        ("Phone", &["phone"]),
        ("Title", &["position"]),
    ],
    known: CLIENT_FIELDS,
};

const ACCOUNT: Rules = Rules {
    field: "settings.mapping.company",
    usual: &[("Name", &["name"])],
    known: COMPANY_FIELDS,
};

/// How a Salesforce org is reached, and what it gets.
#[derive(Clone, Debug)]
pub struct Settings {
    instance: String,
    client_id: String,
    client_secret: Secret,
    api_version: String,
    external_id_field: String,
    companies: bool,
    contact: Mapping,
    account: Mapping,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    instance_url: String,
    client_id: String,
    client_secret: String,
    #[serde(default)]
    api_version: Option<String>,
    #[serde(default)]
    external_id_field: Option<String>,
    #[serde(default = "yes")]
    companies: bool,
    #[serde(default)]
    mapping: Mappings,
}

impl Settings {
    pub(crate) fn read(reach: Reach, given: &Map<String, Value>) -> Result<Self, Invalid> {
        let given: Given = parse(given)?;
        let expected = "the My Domain URL of the org, such as https://acme.my.salesforce.com";
        let is_theirs = |host: &str| host.ends_with(".my.salesforce.com");
        let instance = reach.vet(
            "settings.instanceUrl",
            &given.instance_url,
            is_theirs,
            expected,
        )?;
        if instance.path() != "/" {
            let message = format!("settings.instanceUrl is {expected}, without a path");
            return Err(Invalid::new("settings.instanceUrl", "url_refused", message));
        }
        let field = given
            .external_id_field
            .unwrap_or_else(|| EXTERNAL_ID.to_owned());
        if !is_name(&field) {
            let message = "externalIdField is the API name of a field";
            return Err(Invalid::new(
                "settings.externalIdField",
                "property_invalid",
                message,
            ));
        }
        let client_id = credential("settings.clientId", given.client_id)?;
        let linked = [field.as_str(), "Account", "AccountId"];
        Ok(Self {
            instance: instance.origin().ascii_serialization(),
            client_id: client_id.expose().to_owned(),
            client_secret: credential("settings.clientSecret", given.client_secret)?,
            api_version: api_version(given.api_version)?,
            companies: given.companies,
            contact: Mapping::read(&CONTACT, &given.mapping.contact, &linked)?,
            account: Mapping::read(&ACCOUNT, &given.mapping.company, &linked[..1])?,
            external_id_field: field,
        })
    }

    /// Where the org is.
    pub(crate) fn place(&self) -> &str {
        &self.instance
    }

    pub(crate) fn view(&self) -> Map<String, Value> {
        let mut view = Map::new();
        view.insert("instanceUrl".to_owned(), self.instance.clone().into());
        view.insert("clientId".to_owned(), self.client_id.clone().into());
        view.insert("apiVersion".to_owned(), self.api_version.clone().into());
        view.insert(
            "externalIdField".to_owned(),
            self.external_id_field.clone().into(),
        );
        view.insert("companies".to_owned(), self.companies.into());
        view
    }

    fn data(&self, path: &str) -> String {
        format!(
            "{}/services/data/v{}{path}",
            self.instance, self.api_version
        )
    }
}

/// A version such as `62.0`.
fn api_version(given: Option<String>) -> Result<String, Invalid> {
    let version = given.unwrap_or_else(|| API_VERSION.to_owned());
    let number = version.strip_suffix(".0").unwrap_or_default();
    if (2..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(version);
    }
    let message = format!("apiVersion is a version such as {API_VERSION}");
    Err(Invalid::new(
        "settings.apiVersion",
        "version_invalid",
        message,
    ))
}

/// Tells the org of the event.
pub(crate) async fn deliver(door: &Door<'_>, story: &Story<'_>) -> Done {
    let settings = door.settings;
    let Some(kind) = story.kind() else {
        return Done::NothingToDo("Salesforce keeps no record of an app's own events");
    };
    match kind {
        EventType::ClientUpdated
            if settings.companies
                && story.has_changed("companyId")
                && story.present_client().is_some() =>
        {
            link(door, story).await
        }
        EventType::ClientCreated
        | EventType::ClientUpdated
        | EventType::ClientActivated
        | EventType::ClientRestored
        | EventType::ClientMerged
        | EventType::ClientStatusChanged => contact(door, story, Map::new()).await,
        EventType::CompanyCreated
        | EventType::CompanyUpdated
        | EventType::CompanyClientAdded
        | EventType::CompanyClientRemoved
            if !settings.companies =>
        {
            Done::NothingToDo("companies are switched off in the settings")
        }
        EventType::CompanyCreated | EventType::CompanyUpdated => {
            let company = story.company().unwrap_or_default();
            account(door, &company, story).await
        }
        EventType::CompanyClientAdded | EventType::CompanyClientRemoved => link(door, story).await,
        EventType::ClientArchived
        | EventType::ClientDeleted
        | EventType::CompanyDeleted
        | EventType::CompanyEmptied => {
            Done::NothingToDo("what is removed in Portico stays in Salesforce")
        }
        EventType::InvitationSent
        | EventType::InvitationDelivered
        | EventType::InvitationBounced
        | EventType::InvitationComplained
        | EventType::InvitationFailed
        | EventType::InvitationAccepted
        | EventType::InvitationExpired
        | EventType::InvitationCancelled
        | EventType::InternalUserCreated
        | EventType::InternalUserUpdated
        | EventType::InternalUserDeleted
        | EventType::ApiKeyCreated
        | EventType::ApiKeyUpdated
        | EventType::ApiKeyRevoked
        | EventType::RoleCreated
        | EventType::RoleUpdated
        | EventType::RoleDeleted
        | EventType::LimitReached
        | EventType::ServiceCreated
        | EventType::ServiceUpdated
        | EventType::ServiceDeleted
        | EventType::RequestCreated
        | EventType::RequestStatusChanged
        | EventType::InvoiceCreated
        | EventType::InvoiceUpdated
        | EventType::InvoicePaid
        | EventType::InvoiceVoided
        | EventType::PaymentSucceeded
        | EventType::PaymentFailed
        | EventType::WorkspaceUpdated
        | EventType::CustomFieldCreated
        | EventType::CustomFieldUpdated
        | EventType::CustomFieldDeleted
        | EventType::WebhookEndpointDisabled => {
            Done::NothingToDo("Salesforce keeps no record of this")
        }
    }
}

/// Asks for a record that nobody has, which finds out whether the credentials
/// are good, and whether the external id and the fields of the mapping are there.
pub(crate) async fn test(door: &Door<'_>) -> Done {
    let settings = door.settings;
    let contact = ("Contact", &settings.contact);
    let account = ("Account", &settings.account);
    let objects = [Some(contact), settings.companies.then_some(account)];
    let mut last = None;
    for (object, mapping) in objects.into_iter().flatten() {
        let fields: Vec<&str> = iter::once("Id").chain(mapping.properties()).collect();
        let (fields, id) = (fields.join(", "), &settings.external_id_field);
        let query = format!("SELECT {fields} FROM {object} WHERE {id} = 'portico-test' LIMIT 1");
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let url = settings.data(&format!("/query?q={query}"));
        match door.call(Method::GET, url, None).await {
            Ok(answer) if answer.is_success() => last = Some(answer),
            Ok(answer) => return Done::Judged(door.line.failed(answer)),
            Err(judged) => return Done::Judged(judged),
        }
    }
    match last {
        Some(answer) => Done::Judged(door.line.taken(answer)),
        None => Done::NothingToDo("there is nothing to ask for"),
    }
}

/// Writes the contact and links it to the account of the client's primary
/// company, as it is now.
async fn link(door: &Door<'_>, story: &Story<'_>) -> Done {
    if story.present_client().is_none() {
        return Done::NothingToDo("the client is gone");
    }
    let mut link = Map::new();
    if let Some(company) = story.primary.as_ref().and_then(fields) {
        let written = account(door, &company, story).await;
        if !is_taken(&written) {
            return written;
        }
        let id = company.get("id").cloned().unwrap_or_default();
        let reference = json!({ &*door.settings.external_id_field: id });
        link.insert("Account".to_owned(), reference);
    } else {
        link.insert("AccountId".to_owned(), Value::Null);
    }
    contact(door, story, link).await
}

fn is_taken(done: &Done) -> bool {
    matches!(done, Done::Judged(judged) if judged.verdict == crate::Verdict::Taken)
}

async fn contact(door: &Door<'_>, story: &Story<'_>, link: Map<String, Value>) -> Done {
    let client = story.client().unwrap_or_default();
    let mut record = record(&door.settings.contact, &client, story);
    // A person with a single name has it as the last name.
    if record.get("FirstName").is_some() && record.get("FirstName") == record.get("LastName") {
        record.remove("FirstName");
    }
    record.extend(link);
    upsert(door, "Contact", &client, record).await
}

async fn account(door: &Door<'_>, company: &Map<String, Value>, story: &Story<'_>) -> Done {
    let record = record(&door.settings.account, company, story);
    upsert(door, "Account", company, record).await
}

fn record(mapping: &Mapping, fields: &Map<String, Value>, story: &Story<'_>) -> Map<String, Value> {
    let written = |mapped| match mapped {
        Mapped::Value(value) => value,
        Mapped::Cleared => Value::Null,
    };
    let mapped = mapping.apply(fields, story).into_iter();
    mapped
        .map(|(name, mapped)| (name.to_owned(), written(mapped)))
        .collect()
}

async fn upsert(
    door: &Door<'_>,
    object: &str,
    fields: &Map<String, Value>,
    record: Map<String, Value>,
) -> Done {
    let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
    let id = utf8_percent_encode(id, ID).to_string();
    let field = &door.settings.external_id_field;
    let url = door
        .settings
        .data(&format!("/sobjects/{object}/{field}/{id}"));
    match door.call(Method::PATCH, url, Some(record.into())).await {
        Ok(answer) => Done::Judged(judge(door, answer)),
        Err(judged) => Done::Judged(judged),
    }
}

/// What an id has besides letters and digits and stays as it is in a path.
const ID: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-');

fn judge(door: &Door<'_>, answer: Answer) -> crate::Judged {
    match answer.status() {
        // 300 Multiple Choices: the external id is not unique there.
        300 => door.line.failed_for(answer, "several_records"),
        _ if answer.is_success() => door.line.taken(answer),
        _ => door.line.failed(answer),
    }
}
