//! The colours behind initials.

use crate::id::Id;

/// Dark enough for white text on them: each has a contrast of at least 4.5 to
/// white (WCAG 2.2, success criterion 1.4.3).
const PALETTE: [&str; 8] = [
    "#5B5BD6", "#3B7A57", "#A34A28", "#8A4B9E", "#2F6F8F", "#9C3D54", "#6B6B1F", "#4A5A6A",
];

/// The colour that is always the same for this thing.
pub(crate) fn of<K>(id: Id<K>) -> String {
    PALETTE[usize::from(id.shard(8))].to_owned()
}
