//! Payments in the table, each beside its invoice: so those of one invoice are
//! read as they are, and not as an index has caught up with them.

use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    concern::{Lists, Whose, newest},
    item::{Attributes, item},
    list::{Filter, Question},
};
use portico_domain::{ClientId, CompanyAccess, CompanyId, InvoiceId, MAX_PAYMENTS, Payment};

pub(crate) const PATTERNS: &[Pattern] = &[OF_INVOICE, ALL, OF_CLIENT, OF_COMPANY];

const OF_INVOICE: Pattern = Pattern::new(
    "payments of an invoice",
    Index::Table,
    "WS#<workspace>#IV#<invoice>",
    "PAYMENT#<payment>",
);
const ALL: Pattern = Pattern::new(
    "payments by creation",
    Index::Gsi1,
    "WS#<workspace>#PM",
    "<payment>",
);
const OF_CLIENT: Pattern = Pattern::new(
    "payments of a client",
    Index::Gsi2,
    "WS#<workspace>#CL#<client>#PM",
    "<payment>",
);
const OF_COMPANY: Pattern = Pattern::new(
    "payments of a company",
    Index::Gsi3,
    "WS#<workspace>#CO#<company>#PM",
    "<payment>",
);

const LISTS: Lists = Lists {
    all: ALL,
    of_client: OF_CLIENT,
    of_company: OF_COMPANY,
};
const ENTITY: &str = "payment";
/// What the sort keys of an invoice's payments begin with.
const PREFIX: &str = "PAYMENT#";

/// Which payments to list: those that have all of these.
#[derive(Clone, Debug, Default)]
pub struct PaymentFilter {
    /// Of this invoice.
    pub invoice_id: Option<InvoiceId>,
    /// Of this client's invoices, under any of the ids that lead to it.
    pub client_ids: Vec<ClientId>,
    /// Of invoices billed to this company.
    pub company_id: Option<CompanyId>,
    /// Of invoices billed to these companies.
    pub within: CompanyAccess,
}

impl WorkspaceStore<'_> {
    /// Payments that pass the filter, newest first. A page is one Query; where
    /// several ids lead to the client, or the caller is limited to several
    /// companies, it is one for each, merged.
    pub async fn payments(
        &self,
        filter: PaymentFilter,
        page: &PageRequest,
    ) -> Result<Page<Payment>, Error> {
        self.any_of(ENTITY, self.questions_for_payments(&filter), page)
            .await
    }

    /// All payments of this invoice, newest first; there are [`MAX_PAYMENTS`] at
    /// most, which is one page.
    pub async fn payments_of(&self, invoice: InvoiceId) -> Result<Vec<Payment>, Error> {
        let page = PageRequest {
            limit: u16::try_from(MAX_PAYMENTS).unwrap_or(u16::MAX),
            after: None,
        };
        let found = self.store.list(ENTITY, self.of_invoice(invoice), &page);
        Ok(found.await?.items)
    }

    fn of_invoice(&self, invoice: InvoiceId) -> Question {
        newest(OF_INVOICE, &[&self.id, &invoice]).beginning(PREFIX)
    }

    /// The partitions in which they are; none if there can be no such payment.
    fn questions_for_payments(&self, filter: &PaymentFilter) -> Vec<Question> {
        let whose = Whose {
            workspace: self.id,
            client_ids: &filter.client_ids,
            company_id: filter.company_id,
            within: &filter.within,
        };
        match filter.invoice_id {
            Some(invoice) if whose.is_possible() => {
                let clients = filter.client_ids.iter().map(ToString::to_string);
                let question = whose.narrowed(self.of_invoice(invoice));
                vec![question.filter_any(Filter::Is, "clientId", clients.collect())]
            }
            Some(_) => Vec::new(),
            None => whose.questions(&LISTS, None),
        }
    }
}

pub(crate) fn payment_item(payment: &Payment) -> Result<Attributes, Error> {
    let (w, id) = (&payment.workspace_id, &payment.id);
    let mut keys = vec![
        OF_INVOICE.key(&[w, &payment.invoice_id, id]),
        ALL.key(&[w, id]),
    ];
    keys.extend(
        payment
            .client_id
            .map(|client| OF_CLIENT.key(&[w, &client, id])),
    );
    keys.extend(
        payment
            .company_id
            .map(|company| OF_COMPANY.key(&[w, &company, id])),
    );
    item(ENTITY, payment, &keys)
}
