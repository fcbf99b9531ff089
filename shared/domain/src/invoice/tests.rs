use super::*;
use crate::{
    Actor, Client, ClientDraft, Email, IdSource, Moment, PaymentFields, PaymentMethod, PersonName,
};
use proptest::{prelude::*, sample::select};

fn now() -> Time {
    Time::from_unix_millis(1_795_300_000_000)
}

fn line(amount: i64) -> LineDraft {
    LineDraft {
        description: "Tax return".to_owned(),
        amount: Some(amount),
        quantity: None,
    }
}

fn draft(amount: i64) -> InvoiceDraft {
    InvoiceDraft::new(&[line(amount)], None, now()).expect("a draft")
}

/// An invoice over this amount, and the change that made it.
fn billed(ids: &IdSource, amount: i64) -> (Invoice, Change<'_>) {
    let moment = Moment::new(now(), ids);
    let mut change = Change::by_system(moment);
    let to = BilledTo::company(moment.id());
    let invoice = Invoice::create(&mut change, moment.id(), to, draft(amount), 0);
    (invoice, change)
}

fn payment(amount: i64, status: PaymentStatus) -> PaymentDraft {
    let fields = PaymentFields {
        amount: Some(amount),
        status,
        payment_method: Some(PaymentMethod::Other),
        ..PaymentFields::default()
    };
    PaymentDraft::new(&fields, now()).expect("a payment")
}

fn told(change: &Change<'_>) -> Vec<&'static str> {
    let kinds = change
        .events
        .iter()
        .filter_map(|event| event.event_type.ours());
    kinds.map(EventType::name).collect()
}

#[test]
fn what_comes_to_nothing_is_paid_at_once() {
    let ids = IdSource::new();
    let (invoice, change) = billed(&ids, 0);

    assert_eq!(invoice.status, InvoiceStatus::Paid);
    assert_eq!(told(&change), ["invoice.created", "invoice.paid"]);
    assert_eq!(change.invoices.len(), 1, "it is written once");
}

#[test]
fn parts_of_it_are_told_as_updates_and_the_rest_as_paid() {
    let ids = IdSource::new();
    let (invoice, _) = billed(&ids, 100);
    let mut change = Change::by_system(Moment::new(now(), &ids));

    let (part, _) = invoice
        .pay(&mut change, payment(40, PaymentStatus::Succeeded))
        .expect("there is room");
    let (part, _) = part
        .pay(&mut change, payment(60, PaymentStatus::Failed))
        .expect("there is room");
    let (paid, _) = part
        .pay(&mut change, payment(60, PaymentStatus::Succeeded))
        .expect("there is room");

    assert_eq!((paid.status, paid.amount_due()), (InvoiceStatus::Paid, 0));
    let wanted = [
        "payment.succeeded",
        "invoice.updated",
        "payment.failed",
        "payment.succeeded",
        "invoice.paid",
    ];
    assert_eq!(told(&change), wanted);
    let previous = change.events[4].previous_attributes.as_ref();
    let names: Vec<&String> = previous.into_iter().flat_map(|it| it.keys()).collect();
    let changed = ["status", "amountPaid", "amountDue", "paymentSuccessDate"];
    assert_eq!(names, changed);
}

#[test]
fn only_an_open_invoice_without_money_is_voided_and_once_is_enough() {
    let ids = IdSource::new();
    let (invoice, _) = billed(&ids, 100);
    let mut change = Change::by_system(Moment::new(now(), &ids));

    let void = invoice.void(&mut change).expect("it is open");
    assert_eq!(void.void(&mut change), Ok(void.clone()));
    assert_eq!(told(&change), ["invoice.voided"]);
    assert_eq!(void.amount_due(), 0);
    let late = void.pay(&mut change, payment(1, PaymentStatus::Succeeded));
    assert_eq!(
        late.map(|_| ()),
        Err(InvoiceRefusal::NotOpen(InvoiceStatus::Void))
    );

    let failed = payment(100, PaymentStatus::Failed);
    let (tried, _) = invoice.pay(&mut change, failed).expect("there is room");
    assert!(tried.void(&mut change).is_ok(), "no money came");
    let part = payment(1, PaymentStatus::Succeeded);
    let (part, _) = invoice.pay(&mut change, part).expect("there is room");
    assert_eq!(part.void(&mut change), Err(InvoiceRefusal::PaidInPart(1)));
}

#[test]
fn an_invoice_takes_so_many_payments_and_no_more() {
    let ids = IdSource::new();
    let (mut invoice, _) = billed(&ids, 100);
    let mut change = Change::by_system(Moment::new(now(), &ids));
    for _ in 0..MAX_PAYMENTS {
        let failed = payment(1, PaymentStatus::Failed);
        invoice = invoice.pay(&mut change, failed).expect("there is room").0;
    }

    let more = invoice.pay(&mut change, payment(1, PaymentStatus::Succeeded));

    assert_eq!(more.map(|_| ()), Err(InvoiceRefusal::TooManyPayments));
}

#[test]
fn a_change_of_nothing_tells_nothing_also_of_one_that_is_paid() {
    let ids = IdSource::new();
    let (paid, _) = billed(&ids, 0);
    let mut change = Change::by_system(Moment::new(now(), &ids));
    let same = InvoicePatch {
        due_date: Some(paid.due_date),
        memo: Some(String::new()),
        ..InvoicePatch::default()
    };

    assert_eq!(paid.update(&mut change, same, 0), Ok(paid.clone()));
    assert!(change.events.is_empty() && change.invoices.is_empty());
    let memo = InvoicePatch {
        memo: Some("Thank you".to_owned()),
        ..InvoicePatch::default()
    };
    let refused = paid.update(&mut change, memo, 0);
    assert_eq!(refused, Err(InvoiceRefusal::NotOpen(InvoiceStatus::Paid)));
}

#[test]
fn numbers_are_counted_on_behind_the_highest() {
    let number = |text: &str| InvoiceNumber::parse(text).expect("a number");
    let after = |text: Option<&str>, numbered| {
        let ids = IdSource::new();
        let moment = Moment::new(now(), &ids);
        let mut change = Change::by_system(moment);
        let draft = InvoiceDraft {
            number: text.map(number),
            ..draft(1)
        };
        let to = BilledTo::company(moment.id());
        let invoice = Invoice::create(&mut change, moment.id(), to, draft, numbered);
        let shown = invoice.number.as_str().to_owned();
        (shown, change.invoices_numbered)
    };

    assert_eq!(after(None, 0), ("INV-0001".to_owned(), Some((0, 1))));
    let next = ("INV-10000".to_owned(), Some((9_999, 10_000)));
    assert_eq!(after(None, 9_999), next);
    for text in ["INV-0007", "inv-7", "INV-007"] {
        assert_eq!(after(Some(text), 5).1, Some((5, 7)), "{text}");
        assert_eq!(after(Some(text), 7).1, None, "{text}");
    }
    for text in ["2026/17", "INV-", "INV-7a", "INV 7"] {
        assert_eq!(after(Some(text), 0).1, None, "{text}");
    }
    assert!(InvoiceNumber::parse("INV-1234567890").is_err());
    assert!(InvoiceNumber::parse(&"x".repeat(41)).is_err());
    assert!(InvoiceNumber::parse(" ").is_err());
}

#[test]
fn a_client_is_billed_for_its_only_company_and_says_which_of_several() {
    let ids = IdSource::new();
    let moment = Moment::new(now(), &ids);
    let (one, two): (CompanyId, CompanyId) = (moment.id(), moment.id());
    let client = |company_ids: &[CompanyId]| {
        let name = PersonName {
            given_name: "Ada".to_owned(),
            family_name: "Lovelace".to_owned(),
        };
        let email = Email::parse("email", "ada@example.com").expect("an address");
        let draft = ClientDraft {
            company_ids: company_ids.to_vec(),
            ..ClientDraft::new(name, email)
        };
        Client::create(moment, moment.id(), draft, Actor::System)
    };
    let only = |id| CompanyAccess::only([id]).expect("not too many");
    let to = |companies: &[CompanyId], named, access: &CompanyAccess, off| {
        let billed = BilledTo::client(&client(companies), named, access, off);
        billed
            .map(|billed| billed.company_id)
            .map_err(|invalid| invalid.code)
    };
    let all = CompanyAccess::ALL;

    assert_eq!(to(&[], None, &all, false), Ok(None));
    assert_eq!(to(&[one], None, &all, false), Ok(Some(one)));
    assert_eq!(to(&[one, two], None, &all, false), Err("company_ambiguous"));
    assert_eq!(to(&[one, two], Some(two), &all, false), Ok(Some(two)));
    assert_eq!(to(&[one], Some(two), &all, false), Err("company_unknown"));
    let alone = client(&[]);
    let stand_in = BilledTo::client(&alone, alone.placeholder_id, &all, false);
    assert_eq!(stand_in.map(|billed| billed.company_id), Ok(None));
    // While companies are off, nobody is asked for one.
    assert_eq!(to(&[one, two], None, &all, true), Ok(None));
    // Who sees one of them knows of no other.
    assert_eq!(to(&[one, two], None, &only(one), false), Ok(Some(one)));
    assert_eq!(to(&[one, two], None, &only(one), true), Ok(Some(one)));
    assert_eq!(
        to(&[one, two], Some(two), &only(one), false),
        Err("company_unknown")
    );
}

#[test]
fn an_invoice_is_due_within_a_year_or_at_its_date() {
    let day = std::time::Duration::from_hours(24);
    let code = |days, date| due_date(days, date, now()).map_err(|invalid| invalid.code);

    assert_eq!(code(Some(0), None), Ok(now()));
    assert_eq!(code(Some(365), None), Ok(now() + day * 365));
    assert_eq!(code(Some(366), None), Err("parameter_invalid"));
    assert_eq!(code(None, None), Err("field_required"));
    assert_eq!(code(Some(1), Some(now())), Err("due_date_ambiguous"));
    assert_eq!(code(None, Some(now() - day)), Ok(now() - day));
    let far = now() + day * 4_000;
    assert_eq!(code(None, Some(far)), Err("due_date_invalid"));
}

#[test]
fn what_is_erased_is_what_is_personal() {
    let ids = IdSource::new();
    let moment = Moment::new(now(), &ids);
    let mut change = Change::by_system(moment);
    let draft = InvoiceDraft {
        memo: Some("Dear Ada".to_owned()),
        ..draft(100)
    };
    let to = BilledTo::company(moment.id());
    let invoice = Invoice::create(&mut change, moment.id(), to, draft, 0);
    let mut fields = payment(100, PaymentStatus::Succeeded);
    fields.last4_digits = Some("4242".to_owned());
    let (paid, card) = invoice.pay(&mut change, fields).expect("there is room");
    let mut change = Change::by_system(moment);

    paid.erase(&mut change, &[card]);

    let after = &change.invoices[0].after;
    assert_eq!((&after.memo, after.status), (&None, InvoiceStatus::Paid));
    assert_eq!(after.line_items, paid.line_items);
    assert!(after.erased_at.is_some());
    assert_eq!(change.payments[0].after.last4_digits, None);
    assert!(change.events.is_empty());
}

/// Something that is done with an invoice.
#[derive(Clone, Copy, Debug)]
enum Step {
    Pay(i64, PaymentStatus),
    Void,
    Memo,
}

fn step() -> impl Strategy<Value = Step> {
    let status = select(vec![PaymentStatus::Succeeded, PaymentStatus::Failed]);
    prop_oneof![
        6 => (1..150_i64, status).prop_map(|(amount, status)| Step::Pay(amount, status)),
        1 => Just(Step::Void),
        1 => Just(Step::Memo),
    ]
}

proptest! {
    /// Whatever is done in whatever order, what is paid is the sum of the
    /// payments and no more than the total, an end is an end, each write names
    /// the version before, and events are counted without a hole.
    #[test]
    fn what_is_paid_is_the_sum_of_its_payments(steps in prop::collection::vec(step(), 0..30)) {
        let ids = IdSource::new();
        let (mut invoice, mut change) = billed(&ids, 200);
        let mut paid = 0;
        for step in steps {
            let before = invoice.clone();
            let done = match step {
                Step::Pay(amount, status) => {
                    let done = invoice.pay(&mut change, payment(amount, status));
                    if done.is_ok() && status == PaymentStatus::Succeeded {
                        paid += amount;
                    }
                    done.map(|(after, _)| after)
                }
                Step::Void => invoice.void(&mut change),
                Step::Memo => {
                    let memo = Some(format!("{paid}"));
                    let patch = InvoicePatch { memo, ..InvoicePatch::default() };
                    invoice.update(&mut change, patch, 0)
                }
            };
            if before.status != InvoiceStatus::Open && !matches!(step, Step::Void | Step::Memo) {
                prop_assert!(done.is_err(), "{step:?} of {before:?}");
            }
            invoice = done.unwrap_or(before);
            prop_assert_eq!(invoice.amount_paid, paid);
            prop_assert!(paid <= invoice.totals.total);
            prop_assert_eq!(invoice.status == InvoiceStatus::Paid, paid == 200);
            prop_assert!(invoice.status != InvoiceStatus::Void || paid == 0);
        }
        for Revision { before, after } in &change.invoices {
            prop_assert_eq!(before.as_ref().map_or(0, |one| one.version) + 1, after.version);
        }
        let of_it = change.events.iter().filter(|event| event.object == "invoice");
        prop_assert!(of_it.map(|event| event.sequence).eq(1..=invoice.told.sequence));
    }
}
