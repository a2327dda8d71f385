//! The library's answers as bytes: identities, mode pages, reports and refusals, read back with the
//! parsers of the device side.

use proptest::prelude::*;
use rsm_scsi::*;
use rsm_simlib::*;

/// A library of two drives, four slots and one port, whose power-on attentions have been taken.
fn library() -> SimLibrary {
    let config =
        LibraryConfig::from_toml("[geometry]\nslots = 4\nports = 1\n[media]\ncount = 3\n").expect("right");
    let mut library = SimLibrary::new(config).expect("right");
    for lun in 0..3 {
        let response = library.execute(lun, &[0; 6], &[]);
        assert!(Sense::decode(&response.sense).expect("sense").is(SenseKey::UnitAttention, 0x29, 0x00));
    }
    library
}

#[test]
fn identities() {
    let mut library = library();
    let mut ask = |lun, page| {
        let cdb = Command::Inquiry { page, allocation_length: 255 }.encode();
        library.execute(lun, cdb.as_bytes(), &[])
    };
    let inquiry = StandardInquiry::decode(&ask(0, InquiryPage::Standard).data_in).unwrap();
    assert_eq!((inquiry.kind, inquiry.product.as_str()), (DeviceKind::MediaChanger, "SIMULATED-LIBR"));
    let absent = StandardInquiry::decode(&ask(7, InquiryPage::Standard).data_in).unwrap();
    assert_eq!(absent.kind, DeviceKind::None);
    let serial = UnitSerialNumber::decode(&ask(2, InquiryPage::Vpd(0x80)).data_in).unwrap();
    assert_eq!(serial.serial, "SIMDRV0002");
    let names = |data: &[u8]| {
        let page = DeviceIdentification::decode(data).unwrap();
        page.of_unit(DesignatorKind::Naa).map(|d| d.bytes.clone()).collect::<Vec<_>>()
    };
    let (first, second) =
        (names(&ask(1, InquiryPage::Vpd(0x83)).data_in), names(&ask(2, InquiryPage::Vpd(0x83)).data_in));
    assert_eq!(first.len(), 1);
    assert_ne!(first, second);
    assert_eq!(first[0][0] >> 4, 3, "a locally assigned name");
    assert_eq!(ask(0, InquiryPage::Vpd(0xB0)).status, ScsiStatus::CheckCondition);
}

#[test]
fn drives_in_their_bays_are_named_by_serial() {
    let mut library = library();
    let requested = RequestedElements {
        element_type: Some(ElementType::DataTransfer),
        first: ElementAddress(257),
        count: 1,
        volume_tags: false,
        device_ids: true,
        current_data: true,
        allocation_length: 4096,
    };
    let cdb = Command::ReadElementStatus(requested).encode();
    let answer = ElementStatus::decode(&library.execute(0, cdb.as_bytes(), &[]).data_in).unwrap();
    assert_eq!(answer.elements.len(), 1);
    assert!(answer.elements[0].device_id.as_ref().unwrap().names_serial("SIMDRV0002"));
}

#[test]
fn a_short_allocation_length_cuts_and_says_what_is_needed() {
    let mut library = library();
    let mut requested = RequestedElements {
        element_type: Some(ElementType::Storage),
        first: ElementAddress(0),
        count: 100,
        volume_tags: true,
        device_ids: false,
        current_data: true,
        allocation_length: 100,
    };
    let mut ask = |requested| {
        let cdb = Command::ReadElementStatus(requested).encode();
        ElementStatus::decode(&library.execute(0, cdb.as_bytes(), &[]).data_in).unwrap()
    };
    let Completeness::Truncated { announced: 4, received: 1, allocation_length_needed } =
        ask(requested).completeness
    else {
        panic!("cut at 100 bytes")
    };
    requested.allocation_length = allocation_length_needed;
    assert_eq!(ask(requested).completeness, Completeness::Complete);
}

#[test]
fn all_types_come_in_one_report_in_order() {
    let mut library = library();
    let requested = RequestedElements {
        element_type: None,
        first: ElementAddress(0),
        count: u16::MAX,
        volume_tags: true,
        device_ids: true,
        current_data: true,
        allocation_length: MAX_TRANSFER_BYTES,
    };
    let cdb = Command::ReadElementStatus(requested).encode();
    let answer = ElementStatus::decode(&library.execute(0, cdb.as_bytes(), &[]).data_in).unwrap();
    let addresses: Vec<u16> = answer.elements.iter().map(|element| element.address.0).collect();
    assert_eq!(addresses, [1, 1000, 1001, 1002, 1003, 768, 256, 257]);
}

#[test]
fn mode_pages_of_changer_and_drive() {
    let mut library = library();
    let mut ask = |lun, page, control| {
        let command = Command::ModeSense6 {
            no_block_descriptors: false,
            control,
            page,
            subpage: 0,
            allocation_length: 255,
        };
        let response = library.execute(lun, command.encode().as_bytes(), &[]);
        ModeParameters::decode(&response.data_in, ModeHeaderSize::Six)
    };
    let both = ask(0, 0x3F, PageControl::Current).unwrap();
    assert_eq!(both.element_addresses().unwrap().slots.count, 4);
    let capabilities = both.capabilities().unwrap();
    assert!(capabilities.can_move(ElementType::Storage, ElementType::DataTransfer));
    assert!(capabilities.can_move(ElementType::MediumTransport, ElementType::Storage));
    assert!(!capabilities.can_move(ElementType::Storage, ElementType::MediumTransport));
    let changeable = ask(0, 0x1D, PageControl::Changeable).unwrap();
    assert_eq!(changeable.element_addresses().unwrap().slots.count, 0);
    assert!(ask(0, 0x1D, PageControl::Saved).is_err());
    assert_eq!(ask(1, 0x00, PageControl::Current).unwrap().block_descriptor.unwrap().density, 0x5A);
    assert!(ask(1, 0x1D, PageControl::Current).is_err());
}

#[test]
fn unknown_and_broken_commands_are_refused() {
    let mut library = library();
    let mut sense = |cdb: &[u8]| Sense::decode(&library.execute(0, cdb, &[]).sense).unwrap();
    assert!(sense(&[0xB5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is(SenseKey::IllegalRequest, 0x20, 0));
    assert!(sense(&[0x08, 0, 0, 0, 1, 0]).is(SenseKey::IllegalRequest, 0x20, 0));
    assert!(sense(&[0xA5, 0, 0]).is(SenseKey::IllegalRequest, 0x24, 0));
    let bad_type = sense(&[0xB8, 0x17, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0]);
    assert_eq!(bad_type.field, Some(FieldPointer { in_cdb: true, byte: 1, bit: None }));
}

/// A jukebox of the same geometry, with two-sided discs.
fn jukebox() -> SimLibrary {
    let text = "[geometry]\nslots = 4\nports = 1\n[drive]\nkind = 'optical-memory'\n[media]\ncount = 3\nsides = 2\nsectors = 300\n";
    SimLibrary::new(LibraryConfig::from_toml(text).expect("right")).expect("right")
}

proptest! {
    /// Whatever hosts send, the library answers, and keeps each cartridge in one place of its own.
    #[test]
    fn no_commands_make_it_panic_or_lose_a_cartridge(
        commands in proptest::collection::vec(
            (0..4_u8, proptest::sample::select(vec![
                0x00_u8, 0x01, 0x03, 0x07, 0x08, 0x0A, 0x10, 0x11, 0x12, 0x1A, 0x1B, 0x1E,
                0x25, 0x28, 0x2A, 0x34, 0x35, 0x46, 0x5A, 0xA5, 0xA5, 0xA5, 0xB8, 0xFF,
            ]), proptest::collection::vec(any::<u8>(), 11), proptest::collection::vec(any::<u8>(), 0..20)),
            1..40,
        ),
        loaded in any::<bool>(),
        discs in any::<bool>(),
    ) {
        let mut library = if discs { jukebox() } else { library() };
        if loaded {
            library.hand(&HandAction::Move { from: 1000, to: 256 }, Notice::Silent).unwrap();
        }
        for (lun, operation, rest, data) in commands {
            let mut cdb = [vec![operation], rest].concat();
            if operation == 0xA5 {
                // Moves between real elements are the ones that can go wrong.
                const ADDRESSES: [u16; 8] = [1, 256, 257, 768, 1000, 1001, 1002, 1003];
                cdb[2..4].fill(0);
                cdb[10] &= u8::from(discs);
                for at in [4, 6] {
                    let address = ADDRESSES[usize::from(cdb[at] % 8)];
                    cdb[at..at + 2].copy_from_slice(&address.to_be_bytes());
                }
            }
            let response = library.execute(lun, &cdb, &data);
            prop_assert_eq!(response.status == ScsiStatus::CheckCondition, !response.sense.is_empty());
        }
        let places: std::collections::BTreeSet<Place> = library.cartridges().map(|(_, _, place)| place).collect();
        prop_assert_eq!(places.len(), 3);
    }
}
