//! Self-relative security descriptors: how many bytes there are behind a pointer.
//!
//! Why: C passes a descriptor without its length, and the service wants the bytes. What the parts mean is the
//! service's business. Invariant: a byte is asked for only when the ones before it say that it belongs to the
//! descriptor; numbers are little-endian, as the layout of a self-relative descriptor has it.

/// Bytes of the head: revision, a zero, control, and the offsets of owner, group, system list and user list.
const HEAD: usize = 20;

/// Control bit of a descriptor whose parts are named by offsets.
const SELF_RELATIVE: u16 = 0x8000;

/// The only revision of descriptors and of the ids in them.
const REVISION: u8 = 1;

/// Most bytes that a descriptor can have: three parts of the longest list and the head fit, and no offset of
/// garbage leads far away.
const LONGEST: usize = 0x2_0000;

/// Gives the length of a descriptor; none for what is none.
pub fn length(byte: impl Fn(usize) -> u8) -> Option<usize> {
    let short = |at: usize| u16::from_le_bytes([byte(at), byte(at + 1)]);
    let long = |at: usize| u32::from_le_bytes([byte(at), byte(at + 1), byte(at + 2), byte(at + 3)]);
    if byte(0) != REVISION || short(2) & SELF_RELATIVE == 0 {
        return None;
    }
    let part = |at: usize| match long(at) as usize {
        0 => Some(None),
        offset if (HEAD..LONGEST).contains(&offset) => Some(Some(offset)),
        _ => None,
    };
    let mut end = HEAD;
    for at in [4, 8] {
        if let Some(id) = part(at)? {
            if byte(id) != REVISION {
                return None;
            }
            end = end.max(id + 8 + 4 * usize::from(byte(id + 1)));
        }
    }
    for at in [12, 16] {
        if let Some(list) = part(at)? {
            end = end.max(list + usize::from(short(list + 2)).max(8));
        }
    }
    (end <= LONGEST).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A descriptor with an owner of two sub-authorities behind the head, and a list of 60 bytes behind that.
    fn descriptor() -> Vec<u8> {
        let mut bytes = vec![0; HEAD + 16 + 60];
        bytes[0] = 1;
        bytes[2..4].copy_from_slice(&0x8004_u16.to_le_bytes());
        bytes[4] = 20;
        bytes[16] = 36;
        bytes[20..22].copy_from_slice(&[1, 2]);
        bytes[38] = 60;
        bytes
    }

    fn check(bytes: &[u8], expect: Option<usize>) {
        assert_eq!(length(|at| bytes[at]), expect);
    }

    #[test]
    fn the_parts_say_how_long_it_is() {
        check(&descriptor(), Some(96));
        let mut without_list = descriptor();
        without_list[16] = 0;
        check(&without_list, Some(36));
        let mut empty = descriptor();
        empty[4] = 0;
        empty[16] = 0;
        check(&empty, Some(HEAD));
    }

    #[test]
    fn what_is_no_descriptor_is_told() {
        let broken = |at: usize, byte: u8| {
            let mut bytes = descriptor();
            bytes[at] = byte;
            check(&bytes, None);
        };
        broken(0, 2);
        broken(3, 0);
        broken(4, 3);
        broken(7, 1);
        broken(20, 9);
    }
}
