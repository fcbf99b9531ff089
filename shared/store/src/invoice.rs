//! Invoices in the table, and how far their numbers are counted.

use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    item::{Attributes, item},
    list::{Filter, Order, Question},
    pattern::Key,
};
use portico_domain::{
    Client, ClientId, CompanyAccess, CompanyId, Invoice, InvoiceId, InvoiceNumber, InvoiceStatus,
    WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

pub(crate) const PATTERNS: &[Pattern] = &[
    THIS,
    ALL,
    OF_CLIENT,
    OF_COMPANY,
    BY_STATUS,
    NUMBER_GUARD,
    NUMBERED,
];

const THIS: Pattern = Pattern::new(
    "this invoice",
    Index::Table,
    "WS#<workspace>#IV#<invoice>",
    "INVOICE",
);
const ALL: Pattern = Pattern::new(
    "invoices by creation",
    Index::Gsi1,
    "WS#<workspace>#IV",
    "<invoice>",
);
const OF_CLIENT: Pattern = Pattern::new(
    "invoices of a client",
    Index::Gsi2,
    "WS#<workspace>#CL#<client>#IV",
    "<invoice>",
);
const OF_COMPANY: Pattern = Pattern::new(
    "invoices of a company",
    Index::Gsi3,
    "WS#<workspace>#CO#<company>#IV",
    "<invoice>",
);
const BY_STATUS: Pattern = Pattern::new(
    "invoices with this status",
    Index::Gsi4,
    "WS#<workspace>#IV#STATUS#<status>",
    "<invoice>",
);
const NUMBER_GUARD: Pattern = Pattern::new(
    "is this the number of an invoice",
    Index::Table,
    "WS#<workspace>#IV_NUMBER#<folded number>",
    "IV_NUMBER",
);
const NUMBERED: Pattern = Pattern::new(
    "how far the numbers of invoices are counted",
    Index::Table,
    "WS#<workspace>",
    "INVOICES",
);

const ENTITY: &str = "invoice";
const NUMBERED_ENTITY: &str = "invoiceCount";

/// Which invoices to list: those that have all of these.
#[derive(Clone, Debug, Default)]
pub struct InvoiceFilter {
    /// Of this client, under any of the ids that lead to it.
    pub client_ids: Vec<ClientId>,
    /// Billed to this company.
    pub company_id: Option<CompanyId>,
    /// This status.
    pub status: Option<InvoiceStatus>,
    /// Billed to these companies.
    pub within: CompanyAccess,
}

#[derive(Serialize, Deserialize)]
struct Numbered {
    count: u64,
}

impl WorkspaceStore<'_> {
    /// The invoice with this id.
    pub async fn invoice(&self, id: InvoiceId) -> Result<Option<Invoice>, Error> {
        self.fetch(ENTITY, &this_key(self.id, id)).await
    }

    /// How far the numbers of invoices are counted.
    pub async fn invoices_numbered(&self) -> Result<u64, Error> {
        let key = numbered_key(self.id);
        let numbered: Option<Numbered> = self.fetch(NUMBERED_ENTITY, &key).await?;
        Ok(numbered.map_or(0, |numbered| numbered.count))
    }

    /// Invoices that pass the filter, newest first. A page is one Query; where
    /// several ids lead to the client, or the caller is limited to several
    /// companies, it is one for each, merged.
    pub async fn invoices(
        &self,
        filter: InvoiceFilter,
        page: &PageRequest,
    ) -> Result<Page<Invoice>, Error> {
        self.any_of(ENTITY, self.questions_for_invoices(&filter), page)
            .await
    }

    /// What a client sees, newest first: invoices billed to itself, under any of
    /// its ids, and to the companies in which it is.
    pub async fn invoices_for(
        &self,
        client: &Client,
        page: &PageRequest,
    ) -> Result<Page<Invoice>, Error> {
        let w = &self.id;
        let own = client
            .all_ids()
            .into_iter()
            .map(|id| list(OF_CLIENT, OF_CLIENT.partition(&[w, &id])).present("companyId", false));
        let companies = client.company_ids.iter();
        let of_companies = companies.map(|id| list(OF_COMPANY, OF_COMPANY.partition(&[w, id])));
        let questions = own.chain(of_companies).collect();
        self.any_of(ENTITY, questions, page).await
    }

    /// Invoices of this client, under this very id, that are not erased yet.
    pub async fn unerased_invoices(
        &self,
        client: ClientId,
        page: &PageRequest,
    ) -> Result<Page<Invoice>, Error> {
        let partition = OF_CLIENT.partition(&[&self.id, &client]);
        let question = list(OF_CLIENT, partition).present("erasedAt", false);
        self.store.list(ENTITY, question, page).await
    }

    /// The partitions in which they are; none if there can be no such invoice.
    fn questions_for_invoices(&self, filter: &InvoiceFilter) -> Vec<Question> {
        let w = &self.id;
        if !can_be_within(filter.company_id, &filter.within) {
            return Vec::new();
        }
        let inside = filter.within.limit();
        let of_company = |id: &CompanyId| list(OF_COMPANY, OF_COMPANY.partition(&[w, id]));
        let (mut companies, mut status) = (Vec::new(), filter.status);
        let questions: Vec<Question> = if !filter.client_ids.is_empty() {
            companies = companies_of(filter.company_id, inside);
            let ids = filter.client_ids.iter();
            ids.map(|id| list(OF_CLIENT, OF_CLIENT.partition(&[w, id])))
                .collect()
        } else if let Some(id) = &filter.company_id {
            vec![of_company(id)]
        } else if let Some(inside) = inside {
            inside.iter().map(of_company).collect()
        } else if let Some(status) = status.take() {
            vec![list(BY_STATUS, BY_STATUS.partition(&[w, &status.name()]))]
        } else {
            vec![list(ALL, ALL.partition(&[w]))]
        };
        let status = status.map(|status| status.name().to_owned());
        let narrowed = questions.into_iter().map(|question| {
            question
                .filter_any(Filter::Is, "companyId", companies.clone())
                .filter(Filter::Is, "status", status.clone())
        });
        narrowed.collect()
    }
}

fn list(pattern: Pattern, partition: String) -> Question {
    Question::new(pattern.index, partition, Order::NewestFirst)
}

/// Whether there can be anything of this company for who is limited so.
pub(crate) fn can_be_within(company: Option<CompanyId>, within: &CompanyAccess) -> bool {
    let sees_something = !within.limit().is_some_and(BTreeSet::is_empty);
    sees_something && company.is_none_or(|id| within.covers(id))
}

/// The companies that something has to be of: the one that is named, else those
/// that the caller is limited to.
pub(crate) fn companies_of(
    named: Option<CompanyId>,
    inside: Option<&BTreeSet<CompanyId>>,
) -> Vec<String> {
    match (named, inside) {
        (Some(id), _) => vec![id.to_string()],
        (None, Some(inside)) => inside.iter().map(ToString::to_string).collect(),
        (None, None) => Vec::new(),
    }
}

pub(crate) fn this_key(workspace: WorkspaceId, id: InvoiceId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn invoice_item(invoice: &Invoice) -> Result<Attributes, Error> {
    let (w, id) = (&invoice.workspace_id, &invoice.id);
    let mut keys = vec![
        THIS.key(&[w, id]),
        ALL.key(&[w, id]),
        BY_STATUS.key(&[w, &invoice.status.name(), id]),
    ];
    let to = invoice.billed_to;
    keys.extend(to.client_id.map(|client| OF_CLIENT.key(&[w, &client, id])));
    keys.extend(
        to.company_id
            .map(|company| OF_COMPANY.key(&[w, &company, id])),
    );
    item(ENTITY, invoice, &keys)
}

pub(crate) fn number_guard_key(workspace: WorkspaceId, number: &InvoiceNumber) -> Key {
    NUMBER_GUARD.key(&[&workspace, &number.key()])
}

pub(crate) fn number_guard_item(invoice: &Invoice) -> Result<Attributes, Error> {
    let key = number_guard_key(invoice.workspace_id, &invoice.number);
    item(
        "invoiceNumberGuard",
        &json!({ "invoiceId": invoice.id }),
        &[key],
    )
}

pub(crate) fn numbered_key(workspace: WorkspaceId) -> Key {
    NUMBERED.key(&[&workspace])
}

pub(crate) fn numbered_item(workspace: WorkspaceId, count: u64) -> Result<Attributes, Error> {
    let key = numbered_key(workspace);
    item(NUMBERED_ENTITY, &Numbered { count }, &[key])
}
