//! The two check sums that labels use.
//!
//! CRC-32 (the one of ISO 3309, reflected, as Ethernet and ZIP use it) ties the id of a free label to the rest of it:
//! any damage within one byte changes it. CRC-16 with the polynomial 1021h guards UDF descriptors (ECMA-167 1/7.2.6).

/// Computes the CRC-32 of some bytes.
pub(crate) fn crc32(data: &[u8]) -> u32 {
    let register = data.iter().fold(u32::MAX, |register, &byte| {
        (0..8).fold(register ^ u32::from(byte), |register, _| {
            let polynomial = if register & 1 == 1 { 0xEDB8_8320 } else { 0 };
            (register >> 1) ^ polynomial
        })
    });
    !register
}

/// Computes the CRC-16 of a UDF descriptor: first bit highest, starting from zero.
pub(crate) fn crc16_udf(data: &[u8]) -> u16 {
    data.iter().fold(0, |register, &byte| {
        (0..8).fold(register ^ (u16::from(byte) << 8), |register: u16, _| {
            let polynomial = if register & 0x8000 != 0 { 0x1021 } else { 0 };
            (register << 1) ^ polynomial
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_check_values_come_out() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc16_udf(b"123456789"), 0x31C3);
        assert_eq!(crc16_udf(&[0x70, 0x6A, 0x77]), 0x3299, "the example of ECMA-167");
    }
}
