//! Prepared texts at hand: the candidates of an article are mostly those of the last
//! minutes, and preparing a text costs more than comparing it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::model::ArticleId;

use super::prepared::Prepared;

/// A bounded store of prepared texts; the oldest go first.
#[derive(Debug)]
pub struct Shelf {
    limit: usize,
    bytes: usize,
    texts: HashMap<ArticleId, Arc<Prepared>>,
    order: VecDeque<ArticleId>,
}

impl Shelf {
    /// An empty shelf that holds at most `limit` bytes, and at least one text.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: 0,
            texts: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// The text of an article, if it is at hand.
    #[must_use]
    pub fn get(&self, id: ArticleId) -> Option<Arc<Prepared>> {
        self.texts.get(&id).cloned()
    }

    /// Puts a text on the shelf, in the place of what was there of the article.
    pub fn put(&mut self, id: ArticleId, text: Arc<Prepared>) {
        self.remove(id);
        self.bytes += cost(&text);
        self.texts.insert(id, text);
        self.order.push_back(id);
        while self.bytes > self.limit && self.texts.len() > 1 {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            self.take(oldest);
        }
    }

    /// Forgets an article.
    pub fn remove(&mut self, id: ArticleId) {
        if self.take(id) {
            self.order.retain(|other| *other != id);
        }
    }

    fn take(&mut self, id: ArticleId) -> bool {
        let text = self.texts.remove(&id);
        self.bytes -= text.as_deref().map_or(0, cost);
        text.is_some()
    }
}

/// Bytes that a text and its places in the two collections take.
fn cost(text: &Prepared) -> usize {
    text.bytes() + size_of::<Prepared>() + 4 * size_of::<ArticleId>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_texts_go_first_and_the_newest_stays() {
        let text = "one two three four five six seven eight nine ten";
        let text = Arc::new(Prepared::new(text));
        let mut shelf = Shelf::new(3 * cost(&text));
        for id in 1..=5 {
            shelf.put(ArticleId(id), text.clone());
        }
        assert!(shelf.get(ArticleId(2)).is_none());
        assert!((3..=5).all(|id| shelf.get(ArticleId(id)).is_some()));
        shelf.remove(ArticleId(4));
        shelf.put(ArticleId(6), text.clone());
        assert!(
            [3, 5, 6]
                .into_iter()
                .all(|id| shelf.get(ArticleId(id)).is_some())
        );

        let mut none = Shelf::new(0);
        none.put(ArticleId(1), text.clone());
        none.put(ArticleId(2), text);
        assert!(none.get(ArticleId(1)).is_none());
        assert!(none.get(ArticleId(2)).is_some());
    }
}
