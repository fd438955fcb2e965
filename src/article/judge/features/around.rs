//! Features of what is around a block: the other judges' opinions, its neighbours, the whole page.

use crate::article::page::{Block, sums};

use super::super::lexicon::Say;
use super::row::Row;
use super::words::Own;
use super::{REACH, Seen, distance};

impl Seen<'_> {
    /// What the other judges think of it and of its surroundings.
    pub(super) fn opinion(&self, row: &mut Row, at: usize, block: &Block) {
        for judge in self.judges.all() {
            row.flag(judge.keeps(at));
            let window = at.saturating_sub(3)..at + 4;
            row.count(window.clone().filter(|&near| judge.keeps(near)).count());
            row.flag(at > 0 && judge.keeps(at - 1));
            row.flag(judge.keeps(at + 1));
            // How far up one has to go to stand in the same element as the judge's choice.
            let up = self
                .page
                .upwards(block.owner)
                .take(REACH)
                .position(|above| self.page.is_within(judge.root, above) || above == judge.root);
            row.count(up.unwrap_or(usize::from(u8::MAX)));
            let inside = self.page.node(judge.root).depth;
            row.put(
                u8::try_from(self.page.node(block.owner).depth.saturating_sub(inside))
                    .unwrap_or(u8::MAX),
            );
            row.flag(self.page.is_within(block.owner, judge.root));
        }
        let (first, last) = self.span;
        row.signed(distance(at, first));
        row.signed(distance(at, last));
    }

    /// The blocks before and after it, and the heading above it.
    pub(super) fn neighbours(&self, row: &mut Row, at: usize, block: &Block) {
        let parent = self.page.node(block.owner).parent;
        let nothing = Own::default();
        for step in [-3_isize, -2, -1, 1, 2, 3] {
            let near = at.checked_add_signed(step);
            let own = near.and_then(|near| self.own.get(near)).unwrap_or(&nothing);
            row.put(own.chars);
            row.put(own.links);
            row.put(own.kind);
            row.put(own.ending);
            row.put(own.function_words);
            row.flag(own.cluttered);
            let neighbour = near.and_then(|near| self.page.block(near));
            row.flag(neighbour.is_some_and(|near| self.page.node(near.owner).parent == parent));
        }
        let above = (0..at).rev().take(40).find(|&near| {
            self.page
                .block(near)
                .is_some_and(|near| near.tag.heading().is_some() || is_label(near))
        });
        row.count(above.map_or(255, |near| at - near));
        let own = above
            .and_then(|near| self.own.get(near))
            .unwrap_or(&nothing);
        row.put(own.kind);
        for kind in [
            Say::ReadMore,
            Say::Share,
            Say::Subscribe,
            Say::Comments,
            Say::Topics,
            Say::AboutAuthor,
        ] {
            row.put(own.says.get(kind as usize).copied().unwrap_or(0));
        }
    }

    /// The page as a whole.
    pub(super) fn whole(&self, row: &mut Row) {
        row.log(self.all.words);
        row.log(self.all.prose);
        row.share(self.all.link_density());
        row.count(self.all.paragraphs);
        row.log(self.kept.all().kept);
        row.ratio(self.kept.all().kept, self.all.chars);
        let (first, last) = self.span;
        let kept = self.judges.container.keep.iter().filter(|keep| **keep);
        row.ratio(kept.count(), last - first + 1);
    }
}

/// A short line in bold that serves as a heading.
fn is_label(block: &Block) -> bool {
    block.chars <= 60 && block.strong_chars * 10 >= block.chars * 9 && !sums::is_paragraph(block)
}
