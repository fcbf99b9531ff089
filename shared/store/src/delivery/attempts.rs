//! The attempts of a delivery: the latest are in the delivery's own item, earlier
//! ones in items behind it in the same partition.

use super::delivery_item;
use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    item::{Attributes, expire_after, item, read},
    list::{Order, Position, Question},
    number,
};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use portico_domain::{
    DELIVERY_RETENTION, EarlierAttempts, MOVED_ATTEMPTS, NumberedAttempt, WebhookDelivery,
};

pub(crate) const PATTERNS: &[Pattern] = &[EARLIER];

const EARLIER: Pattern = Pattern::new(
    "earlier attempts of a delivery that was sent again often, by their numbers",
    Index::Table,
    "WS#<workspace>#DL#<delivery>",
    "ATTEMPTS#<number>",
);

const KIND: &str = "deliveryAttempts";

/// The member of a page's position that says behind which attempt it begins.
const BEFORE: &str = "before";

impl WorkspaceStore<'_> {
    /// Notes an attempt: writes the next version of a delivery, together with
    /// the earlier attempts for which it has no more room, if there are any.
    /// Answers whether nobody else was quicker.
    pub async fn record_attempt(
        &self,
        after: &WebhookDelivery,
        earlier: Option<EarlierAttempts>,
    ) -> Result<bool, Error> {
        let Some(earlier) = earlier else {
            return self.save_delivery(after).await;
        };
        let put = |item| Put::builder().table_name(&*self.store.table).set_item(item);
        let delivery = put(Some(delivery_item(after)?))
            .condition_expression("version = :before")
            .expression_attribute_values(":before", number(after.version - 1));
        let moved = put(Some(self.earlier_item(&earlier)?));
        let mut actions = Vec::with_capacity(2);
        for part in [delivery, moved] {
            let part = part
                .build()
                .map_err(|error| Error::Unavailable(Box::new(error)))?;
            actions.push(TransactWriteItem::builder().put(part).build());
        }
        let sent = self.store.transact(&actions, after.id.seed(), None).await?;
        Ok(sent.is_written())
    }

    /// The attempts of a delivery, newest first.
    pub async fn attempts(
        &self,
        delivery: &WebhookDelivery,
        page: &PageRequest,
    ) -> Result<Page<NumberedAttempt>, Error> {
        let before = page
            .after
            .as_ref()
            .and_then(|position| position.get(BEFORE));
        let before = before
            .and_then(|number| number.parse().ok())
            .unwrap_or(u32::MAX);
        let limit = usize::from(page.limit);
        let is_wanted = |one: &NumberedAttempt| one.number < before;
        let mut found: Vec<_> = delivery.newest_attempts().filter(is_wanted).collect();
        // One more than asked for tells whether there are more.
        if found.len() <= limit && delivery.first_kept() > 1 {
            let items = limit / MOVED_ATTEMPTS + 2;
            let earlier = self.earlier(delivery, before, items).await?;
            let earlier = earlier.into_iter().flat_map(EarlierAttempts::newest_first);
            found.extend(earlier.filter(is_wanted));
        }
        let is_more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().filter(|_| is_more);
        let next = last.map(|last| Position::from([(BEFORE.to_owned(), last.number.to_string())]));
        Ok(Page { items: found, next })
    }

    /// Forgets what the endpoint answered to earlier attempts.
    pub async fn forget_earlier_answers(&self, delivery: &WebhookDelivery) -> Result<(), Error> {
        let mut before = u32::MAX;
        while before > 1 && delivery.first_kept() > 1 {
            let earlier = self.earlier(delivery, before, 20).await?;
            before = earlier.last().map_or(0, |last| last.first);
            for mut one in earlier {
                if one.forget_answers() {
                    self.store.put(self.earlier_item(&one)?).await?;
                }
            }
        }
        Ok(())
    }

    /// So many items of earlier attempts, from the one on that the attempt before
    /// this one may be in, newest first.
    async fn earlier(
        &self,
        delivery: &WebhookDelivery,
        before: u32,
        items: usize,
    ) -> Result<Vec<EarlierAttempts>, Error> {
        // What the delivery has itself may have moved since it was read.
        let before = before.min(delivery.first_kept());
        let key = EARLIER.key(&[&self.id, &delivery.id, &place(before)]);
        let question = Question::new(
            EARLIER.index,
            EARLIER.partition(&[&self.id, &delivery.id]),
            Order::NewestFirst,
        )
        .behind(Some(key.sort().to_owned()));
        let limit = u16::try_from(items).unwrap_or(u16::MAX);
        let page = PageRequest { limit, after: None };
        let found = self.store.query(question, &page).await?;
        let read = |item| read(KIND, item);
        found.items.into_iter().map(read).collect()
    }

    fn earlier_item(&self, earlier: &EarlierAttempts) -> Result<Attributes, Error> {
        let key = EARLIER.key(&[&self.id, &earlier.delivery_id, &place(earlier.first)]);
        let mut item = item(KIND, earlier, &[key])?;
        expire_after(&mut item, earlier.created_at + DELIVERY_RETENTION);
        Ok(item)
    }
}

/// A number in a key.
fn place(number: u32) -> String {
    format!("{number:010}")
}
