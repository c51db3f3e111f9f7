//! Figures that add up: what a record contributes to sums that are kept, and the sums themselves.

use std::fmt;
use std::ops::{AddAssign, SubAssign};

use crate::money::Amount;

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    Count(i64),
    Amount(Amount),
}

impl Figure {
    pub fn is_zero(self) -> bool {
        match self {
            Self::Count(count) => count == 0,
            Self::Amount(amount) => amount.is_zero(),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Amount(amount) => amount.fmt(f),
        }
    }
}

/// Counts and amounts that are added figure by figure, each stored under a short name.
pub trait Figures: Copy + Default + PartialEq + fmt::Debug + AddAssign + SubAssign {
    /// Every figure with its short name.
    fn figures(&self) -> Vec<(&'static str, Figure)>;

    /// Sets the figure with this short name; `false` where there is none of that kind.
    fn set_figure(&mut self, name: &str, figure: Figure) -> bool;
}

/// Declares a struct of figures with their short names.
macro_rules! figures {
    (
        $(#[$doc:meta])* $figures:ident
        counts { $($(#[$count_doc:meta])* $count:ident = $count_name:literal,)* }
        amounts { $($(#[$amount_doc:meta])* $amount:ident = $amount_name:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $figures {
            $($(#[$count_doc])* pub $count: i64,)*
            $($(#[$amount_doc])* pub $amount: $crate::money::Amount,)*
        }

        impl $figures {
            /// The short names of all figures, as they are stored.
            pub const NAMES: &'static [&'static str] = &[$($count_name,)* $($amount_name,)*];

            /// Every figure with its short name.
            pub fn fields(&self) -> Vec<(&'static str, $crate::figures::Figure)> {
                vec![
                    $(($count_name, $crate::figures::Figure::Count(self.$count)),)*
                    $(($amount_name, $crate::figures::Figure::Amount(self.$amount)),)*
                ]
            }

            /// Sets the figure with this short name; `false` where there is none of that kind.
            pub fn set(&mut self, name: &str, figure: $crate::figures::Figure) -> bool {
                match (name, figure) {
                    $(($count_name, $crate::figures::Figure::Count(value)) => self.$count = value,)*
                    $(($amount_name, $crate::figures::Figure::Amount(value)) => {
                        self.$amount = value;
                    })*
                    _ => return false,
                }
                true
            }
        }

        impl $crate::figures::Figures for $figures {
            fn figures(&self) -> Vec<(&'static str, $crate::figures::Figure)> {
                self.fields()
            }

            fn set_figure(&mut self, name: &str, figure: $crate::figures::Figure) -> bool {
                self.set(name, figure)
            }
        }

        impl std::ops::AddAssign for $figures {
            fn add_assign(&mut self, other: Self) {
                $(self.$count += other.$count;)*
                $(self.$amount += other.$amount;)*
            }
        }

        impl std::ops::SubAssign for $figures {
            fn sub_assign(&mut self, other: Self) {
                $(self.$count -= other.$count;)*
                $(self.$amount -= other.$amount;)*
            }
        }
    };
}
pub(crate) use figures;
