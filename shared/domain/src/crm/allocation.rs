use jiff::Timestamp;

use crate::ids::StaffId;

/// A member of staff who could look after one more customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub staff: StaffId,
    /// Whether they work at present.
    pub is_available: bool,
    /// The customers that they look after.
    pub load: u32,
    /// When they were last given one.
    pub last_given: Option<Timestamp>,
}

/// Who is to look after a customer: of those who are available and look after fewer than
/// `capacity` customers, who looks after the fewest; of these, who was given one longest ago, or
/// never; of these, who has worked here longest.
pub fn choose(candidates: &[Candidate], capacity: u32) -> Option<StaffId> {
    candidates
        .iter()
        .filter(|candidate| candidate.is_available && candidate.load < capacity)
        .min_by_key(|candidate| (candidate.load, candidate.last_given, candidate.staff))
        .map(|candidate| candidate.staff)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use ulid::Ulid;

    use super::{Candidate, choose};
    use crate::ids::StaffId;

    fn staff(number: u128) -> StaffId {
        StaffId::new(Ulid::from(number))
    }

    fn candidate(number: u128, load: u32, last_given: Option<i64>) -> Candidate {
        let last_given = last_given.map(|second| Timestamp::from_second(second).unwrap());
        Candidate { staff: staff(number), is_available: true, load, last_given }
    }

    #[test]
    fn the_fewest_then_the_longest_ago_then_the_longest_here() {
        let loads = [candidate(1, 3, None), candidate(2, 1, None), candidate(3, 2, None)];
        assert_eq!(choose(&loads, 10), Some(staff(2)));
        let times = [candidate(1, 1, Some(20)), candidate(2, 1, Some(10)), candidate(3, 2, None)];
        assert_eq!(choose(&times, 10), Some(staff(2)));
        let never = [candidate(1, 1, Some(10)), candidate(2, 1, None)];
        assert_eq!(choose(&never, 10), Some(staff(2)));
        let same = [candidate(2, 1, None), candidate(1, 1, None)];
        assert_eq!(choose(&same, 10), Some(staff(1)));
    }

    #[test]
    fn nobody_who_is_away_or_full() {
        let away = Candidate { is_available: false, ..candidate(1, 0, None) };
        assert_eq!(choose(&[away, candidate(2, 5, None)], 6), Some(staff(2)));
        assert_eq!(choose(&[away, candidate(2, 5, None)], 5), None);
        assert_eq!(choose(&[], 5), None);
    }

    proptest! {
        /// However many are handed out, nobody has two more than anybody else.
        #[test]
        fn customers_are_spread_evenly(people in 1_usize..8, customers in 0_i64..100) {
            let mut team: Vec<Candidate> =
                (0..people).map(|number| candidate(number as u128 + 1, 0, None)).collect();
            for second in 0..customers {
                let chosen = choose(&team, u32::MAX).unwrap();
                let one = team.iter_mut().find(|one| one.staff == chosen).unwrap();
                one.load += 1;
                one.last_given = Some(Timestamp::from_second(second).unwrap());
            }
            let loads = team.iter().map(|one| one.load);
            prop_assert!(loads.clone().max().unwrap() - loads.min().unwrap() <= 1);
        }
    }
}
