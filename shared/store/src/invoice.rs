//! Invoices in the table, and how far their numbers are counted.

use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    concern::{Lists, Whose, newest},
    item::{Attributes, item},
    list::Question,
    pattern::Key,
};
use portico_domain::{
    Client, ClientId, CompanyAccess, CompanyId, Invoice, InvoiceId, InvoiceNumber, InvoiceStatus,
    WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

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

const LISTS: Lists = Lists {
    all: ALL,
    of_client: OF_CLIENT,
    of_company: OF_COMPANY,
};
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
            .map(|id| newest(OF_CLIENT, &[w, &id]).present("companyId", false));
        let companies = client.company_ids.iter();
        let of_companies = companies.map(|id| newest(OF_COMPANY, &[w, id]));
        let questions = own.chain(of_companies).collect();
        self.any_of(ENTITY, questions, page).await
    }

    /// Invoices of this client, under this very id, that are not erased yet.
    pub async fn unerased_invoices(
        &self,
        client: ClientId,
        page: &PageRequest,
    ) -> Result<Page<Invoice>, Error> {
        let question = newest(OF_CLIENT, &[&self.id, &client]).present("erasedAt", false);
        self.store.list(ENTITY, question, page).await
    }

    /// The partitions in which they are; none if there can be no such invoice.
    fn questions_for_invoices(&self, filter: &InvoiceFilter) -> Vec<Question> {
        let whose = Whose {
            workspace: self.id,
            client_ids: &filter.client_ids,
            company_id: filter.company_id,
            within: &filter.within,
        };
        let status = filter.status.map(|status| (BY_STATUS, status.name()));
        whose.questions(&LISTS, status)
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
