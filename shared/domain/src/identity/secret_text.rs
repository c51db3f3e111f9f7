/// Gives a newtype over its canonical text `expose`, a masked `Debug`, serde and `TryFrom<String>`;
/// the type brings its `FromStr` and `masked`.
macro_rules! secret_text {
    ($name:ident, $error:ty) => {
        impl $name {
            /// The canonical text, whole.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.masked()).finish()
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

pub(super) use secret_text;
