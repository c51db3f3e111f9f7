use crate::money::{Amount, Currency};

/// Spreads `total` over `weights` in proportion, by largest remainder, so that the shares sum to
/// it to the minor unit; of equal remainders the earlier gets its unit first.
///
/// `None` where an amount is negative or finer than the currency, or all weights are zero.
pub fn spread(total: Amount, weights: &[Amount], currency: Currency) -> Option<Vec<Amount>> {
    let minor = |amount: Amount| {
        amount.to_minor(currency).and_then(|minor| u64::try_from(minor).ok()).map(u128::from)
    };
    let total = minor(total)?;
    let weights = weights.iter().map(|weight| minor(*weight)).collect::<Option<Vec<_>>>()?;
    let sum = weights.iter().sum::<u128>();
    if sum == 0 {
        return None;
    }
    let mut shares: Vec<_> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut by_remainder: Vec<_> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|index| std::cmp::Reverse(total * weights[*index] % sum));
    let rest = usize::try_from(total - shares.iter().sum::<u128>()).ok()?;
    for index in by_remainder.into_iter().take(rest) {
        shares[index] += 1;
    }
    shares
        .into_iter()
        .map(|share| i64::try_from(share).ok().map(|share| Amount::from_minor(share, currency)))
        .collect()
}
