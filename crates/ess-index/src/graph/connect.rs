//! Making every row reachable from the starts.

use super::links::Links;

/// Gives every row a way from the starts; returns rows that can only be starts themselves.
///
/// A row that nothing leads to replaces a neighbour of one of its own neighbours. Slots through which a row is
/// first reached are never taken, so whatever could be reached still can.
pub(super) fn connect(links: &mut Links, starts: &[u32]) -> Vec<u32> {
    let mut ways =
        Ways { first: vec![false; links.len() * links.degree()], reached: vec![false; links.len()] };
    starts.iter().for_each(|&start| ways.follow(links, start));
    let mut left: Vec<u32> = (0..links.len() as u32).filter(|&row| !ways.reached[row as usize]).collect();
    let mut more = Vec::new();
    while !left.is_empty() {
        let before = left.len();
        left.retain(|&row| !ways.reached[row as usize] && !ways.lead_to(links, row));
        if left.len() == before
            && let Some(start) = left.pop()
        {
            ways.follow(links, start);
            more.push(start);
        }
    }
    more
}

struct Ways {
    /// For each slot of each row, whether the neighbour in it is first reached through it.
    first: Vec<bool>,
    reached: Vec<bool>,
}

impl Ways {
    /// Marks what can be reached from a row.
    fn follow(&mut self, links: &Links, row: u32) {
        if std::mem::replace(&mut self.reached[row as usize], true) {
            return;
        }
        let mut open = vec![row];
        while let Some(row) = open.pop() {
            for (slot, next) in links.of(row).enumerate() {
                if !std::mem::replace(&mut self.reached[next as usize], true) {
                    self.first[row as usize * links.degree() + slot] = true;
                    open.push(next);
                }
            }
        }
    }

    /// Makes a row a neighbour of the first of its neighbours that is reached and has a free slot.
    fn lead_to(&mut self, links: &mut Links, row: u32) -> bool {
        let degree = links.degree();
        let others: Vec<u32> = links.of(row).filter(|&other| self.reached[other as usize]).collect();
        for other in others {
            let mut neighbours: Vec<u32> = links.of(other).collect();
            let firsts = &self.first[other as usize * degree..][..degree];
            let slot = if neighbours.len() < degree {
                neighbours.push(row);
                neighbours.len() - 1
            } else if let Some(slot) = firsts.iter().rposition(|&first| !first) {
                neighbours[slot] = row;
                slot
            } else {
                continue;
            };
            links.set(other, &neighbours);
            self.first[other as usize * degree + slot] = true;
            self.follow(links, row);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_leads_to_is_reached_and_nothing_is_lost() {
        let mut links = Links::new(3);
        links.grow(7);
        // 0 ⇄ 1 ⇄ 2 ⇄ 0; 3 → 0 and 1, 4 → 3, and nothing leads to 3 or 4; 5 ⇄ 6 stand alone.
        let neighbours: [&[u32]; 7] = [&[1, 2], &[0, 2], &[1, 0], &[0, 1], &[3], &[6], &[5]];
        (0..).zip(neighbours).for_each(|(row, neighbours)| links.set(row, neighbours));
        assert_eq!(connect(&mut links, &[0]), [6]);
        assert!(links.of(0).any(|row| row == 3) && links.of(3).any(|row| row == 4));
        assert_eq!(connect(&mut links, &[0, 6]), [0_u32; 0], "all are reached now");
    }

    #[test]
    fn a_place_through_which_a_row_is_reached_is_never_taken() {
        let mut links = Links::new(1);
        links.grow(4);
        // 0 → 1 → 2, and 3 → 1: the only slot of 1 leads to 2.
        let neighbours: [&[u32]; 4] = [&[1], &[2], &[1], &[1]];
        (0..).zip(neighbours).for_each(|(row, neighbours)| links.set(row, neighbours));
        assert_eq!(connect(&mut links, &[0]), [3]);
        assert_eq!(links.of(1).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn the_places_of_a_row_are_its_own() {
        let mut links = Links::new(3);
        links.grow(6);
        // 0 → 2 → 3 → 1; nothing leads to 5, whose one neighbour is full, and reached 3 and 4 but not 0 first.
        let neighbours: [&[u32]; 6] = [&[2], &[0], &[0, 3, 4], &[1], &[0], &[2]];
        (0..).zip(neighbours).for_each(|(row, neighbours)| links.set(row, neighbours));
        assert_eq!(connect(&mut links, &[0]), [0_u32; 0]);
        assert_eq!(links.of(2).collect::<Vec<_>>(), [5, 3, 4]);
    }
}
