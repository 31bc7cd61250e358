// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Heads} from "./Heads.sol";
import {Merkle} from "./Merkle.sol";
import {StatusSlot} from "./StatusSlot.sol";
import {IAgencies} from "./interfaces/IAgencies.sol";
import {ICertificates} from "./interfaces/ICertificates.sol";
import {ICouncil} from "./interfaces/ICouncil.sol";

/// @title Certificates: what was anchored, and what became of it
contract Certificates is ICertificates, Heads, EIP712 {
    using StatusSlot for uint256;

    /// One slot.
    struct Anchored {
        uint32 certificateType;
        uint16 version;
        uint16 size;
        uint32 sequence;
        uint64 blockNumber;
        /// Tells a repetition of `replace` from another call over the same leaves; zero for `anchor`.
        uint96 replacing;
    }

    struct Draft {
        uint32 agency;
        uint32 certificateType;
        uint16 version;
        uint16 size;
        bytes32 root;
        bytes32 replaces;
        uint24 from;
    }

    uint256 private constant LARGEST_BATCH = 1024;
    uint256 private constant LARGEST_CHANGE = 256;
    uint256 private constant MOST_SIGNATURES = 4;
    uint256 private constant LONGEST_ALONE = 24;
    uint32 private constant COUNCIL = 0;
    uint8 private constant COUNCIL_LEVEL = 0;
    uint8 private constant PREPARER = 1;
    uint8 private constant APPROVER = 2;
    bytes32 private constant BATCH = keccak256(
        "Batch(bytes32 registryId,uint32 agency,uint32 certificateType,uint16 version,bytes32 root,uint16 size,"
        "bytes32 replaces,uint24 from,uint8 role,uint64 deadline)"
    );
    bytes32 private constant STATUS_CHANGE = keccak256(
        "StatusChange(bytes32 registryId,uint32 agency,uint32 actor,bytes32 leaves,bytes32 held,uint8 track,"
        "uint24 from,uint24 until,bytes32 decision,uint64 deadline)"
    );

    IAgencies private immutable _agencies;
    bytes32 private immutable _registryId;
    bool private immutable _test;

    mapping(uint32 agency => mapping(bytes32 root => Anchored)) private _batches;
    mapping(uint32 agency => uint32 number) private _sequences;
    mapping(uint32 agency => mapping(bytes32 leaf => uint256 slot)) private _statuses;

    constructor(IAgencies agencies_) EIP712("Yinxin Certificates", "1") {
        _agencies = agencies_;
        _registryId = ICouncil(address(agencies_)).registryId();
        _test = ICouncil(address(agencies_)).test();
    }

    /// @inheritdoc ICertificates
    function agencies() external view returns (IAgencies) {
        return _agencies;
    }

    /// @inheritdoc ICertificates
    function registryId() external view returns (bytes32) {
        return _registryId;
    }

    /// @inheritdoc ICertificates
    function test() external view returns (bool) {
        return _test;
    }

    /// @inheritdoc ICertificates
    function batch(uint32 agency, bytes32 root) external view returns (Batch memory) {
        Anchored storage a = _batches[agency][root];
        return Batch(a.certificateType, a.version, a.size, a.sequence, a.blockNumber);
    }

    /// @inheritdoc ICertificates
    function sequence(uint32 agency) external view returns (uint32) {
        return _sequences[agency];
    }

    /// @inheritdoc ICertificates
    function status(uint32 agency, bytes32 leaf) external view returns (uint256) {
        return _statuses[agency][leaf];
    }

    /// @inheritdoc ICertificates
    function rootOf(bytes32[] calldata leaves) external view returns (bytes32) {
        _requireSize(leaves.length, LARGEST_BATCH);
        return Merkle.root(leaves);
    }

    /// @inheritdoc ICertificates
    function anchor(
        uint32 agency,
        uint32 certificateType,
        uint16 version,
        bytes32[] calldata leaves,
        Signatures calldata signatures
    ) external {
        _requirePlainAccount();
        _requireSize(leaves.length, LARGEST_BATCH);
        _requireCanonical(abi.encodeCall(this.anchor, (agency, certificateType, version, leaves, signatures)));
        _anchor(
            Draft(agency, certificateType, version, uint16(leaves.length), Merkle.root(leaves), 0, 0), signatures
        );
    }

    /// @inheritdoc ICertificates
    function replace(
        uint32 agency,
        uint32 certificateType,
        uint16 version,
        bytes32[] calldata leaves,
        bytes32[] calldata oldLeaves,
        uint24 from,
        Signatures calldata signatures
    ) external {
        _requirePlainAccount();
        _requireSize(leaves.length, LARGEST_BATCH);
        if (oldLeaves.length != leaves.length) revert OldLeavesMismatch(leaves.length, oldLeaves.length);
        if (from == 0) revert FromZero();
        _requireCanonical(
            abi.encodeCall(this.replace, (agency, certificateType, version, leaves, oldLeaves, from, signatures))
        );
        bytes32 replaces = keccak256(abi.encodePacked(oldLeaves));
        Draft memory draft =
            Draft(agency, certificateType, version, uint16(leaves.length), Merkle.root(leaves), replaces, from);
        (bool isNew, uint8 level) = _anchor(draft, signatures);
        if (!isNew) return;
        for (uint256 i = 0; i < leaves.length; ++i) {
            _replaceOne(agency, oldLeaves[i], leaves[i], from, level);
        }
    }

    /// @inheritdoc ICertificates
    function changeStatus(StatusChange calldata change) external {
        _requireSize(change.leaves.length, LARGEST_CHANGE);
        if (change.decision == 0) revert DecisionZero();
        _requireUntil(change);
        if (!_agencies.isSelfOrAbove(change.actor, change.agency)) revert NotAbove(change.actor, change.agency);
        uint256[] memory slots = _slots(change);
        bytes32 held = keccak256(abi.encodePacked(slots));
        if (change.held != held) revert StatusStale(change.held, held);
        (address[] memory officers, uint8 level) = _actors(change, slots);
        for (uint256 i = 0; i < slots.length; ++i) {
            _changeOne(change, change.leaves[i], slots[i], level, officers);
        }
    }

    // Anchoring.

    function _anchor(Draft memory draft, Signatures calldata signatures) private returns (bool isNew, uint8 level) {
        if (_isRepetition(draft)) return (false, 0);
        // Anchoring stops whatever the successor's id is.
        // slither-disable-next-line unused-return
        (address registry,) = ICouncil(address(_agencies)).successor();
        if (registry != address(0)) revert SucceededBy(registry);
        _requireDeadline(signatures.deadline);
        uint256 number = signatures.approvers.length;
        if (number > MOST_SIGNATURES) revert IAgencies.TooManySignatures(number, MOST_SIGNATURES);
        address preparer = ECDSA.recover(_batchDigest(draft, PREPARER, signatures.deadline), signatures.preparer);
        address[] memory approvers = new address[](number);
        bytes32 digest = _batchDigest(draft, APPROVER, signatures.deadline);
        for (uint256 i = 0; i < number; ++i) {
            approvers[i] = ECDSA.recover(digest, signatures.approvers[i]);
        }
        level = _agencies.requireMayAnchor(
            draft.agency, draft.certificateType, draft.version, preparer, approvers
        );
        _store(draft, preparer, approvers);
        return (true, level);
    }

    function _store(Draft memory draft, address preparer, address[] memory approvers) private {
        uint32 number = ++_sequences[draft.agency];
        _batches[draft.agency][draft.root] = Anchored({
            certificateType: draft.certificateType,
            version: draft.version,
            size: draft.size,
            sequence: number,
            blockNumber: uint64(block.number),
            replacing: _replacing(draft)
        });
        _absorb(
            Head.ANCHORS,
            BatchAnchored.selector,
            abi.encode(
                draft.agency, draft.root, draft.certificateType, draft.version, draft.size, number, preparer, approvers
            )
        );
        emit BatchAnchored(
            draft.agency, draft.root, draft.certificateType, draft.version, draft.size, number, preparer, approvers
        );
    }

    function _replaceOne(uint32 agency, bytes32 oldLeaf, bytes32 newLeaf, uint24 from, uint8 level) private {
        uint256 held = _statuses[agency][oldLeaf];
        if (held.read(Track.REPLACED) != 0) revert AlreadyReplaced(agency, oldLeaf);
        held = held.write(Track.REPLACED, from, 0, level).counted();
        _statuses[agency][oldLeaf] = held;
        _absorb(Head.STATUSES, CertificateReplaced.selector, abi.encode(agency, oldLeaf, newLeaf, from, held));
        emit CertificateReplaced(agency, oldLeaf, newLeaf, from, held);
    }

    function _isRepetition(Draft memory draft) private view returns (bool) {
        Anchored memory a = _batches[draft.agency][draft.root];
        if (a.size == 0) return false;
        bool same = a.certificateType == draft.certificateType && a.version == draft.version && a.size == draft.size
            && a.replacing == _replacing(draft);
        if (!same) revert BatchExists(draft.agency, draft.root);
        return true;
    }

    function _replacing(Draft memory draft) private pure returns (uint96) {
        if (draft.from == 0) return 0;
        return uint96(uint256(keccak256(abi.encode(draft.replaces, draft.from))));
    }

    function _batchDigest(Draft memory draft, uint8 role, uint64 deadline) private view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    BATCH,
                    _registryId,
                    draft.agency,
                    draft.certificateType,
                    draft.version,
                    draft.root,
                    draft.size,
                    draft.replaces,
                    draft.from,
                    role,
                    deadline
                )
            )
        );
    }

    function _requirePlainAccount() private view {
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert NotAPlainAccount(msg.sender);
    }

    function _requireCanonical(bytes memory encoded) private pure {
        if (keccak256(msg.data) != keccak256(encoded)) revert CalldataNotCanonical();
    }

    function _requireSize(uint256 size, uint256 most) private pure {
        if (size == 0 || size > most) revert SizeOutOfRange(size, most);
    }

    function _requireDeadline(uint64 deadline) private view {
        if (block.number > deadline) revert SignaturesExpired(deadline, block.number);
    }

    // Statuses.

    /// Who acts, and for which level: the council without signatures, or enough officers of the acting agency.
    function _actors(StatusChange calldata change, uint256[] memory slots)
        private
        view
        returns (address[] memory officers, uint8 level)
    {
        if (change.actor == COUNCIL) {
            if (msg.sender != address(_agencies)) revert ICouncil.NotTheCouncil(msg.sender);
            if (change.signatures.length != 0) revert IAgencies.TooManySignatures(change.signatures.length, 0);
            return (officers, COUNCIL_LEVEL);
        }
        officers = _officers(change);
        level = _agencies.requireMayChangeStatus(change.actor, officers);
        if (officers.length >= 2) return (officers, level);
        if (!_mayBeMadeAlone(change, slots, officers.length)) revert TwoOfficersNeeded(officers.length);
    }

    function _changeOne(
        StatusChange calldata change,
        bytes32 leaf,
        uint256 before,
        uint8 level,
        address[] memory officers
    ) private {
        if (_statuses[change.agency][leaf] != before) revert LeafRepeated(leaf);
        Track track = change.track;
        _requireMayChange(leaf, track, before.read(track), level);
        uint256 held;
        if (change.from == 0) {
            if (before.read(track) == 0) revert NothingToLift(leaf, track);
            held = before.clear(track);
        } else {
            held = before.write(track, change.from, change.until, level);
            if (held == before) revert NothingToChange(leaf, track);
        }
        held = held.counted();
        _statuses[change.agency][leaf] = held;
        _absorb(
            Head.STATUSES,
            StatusChanged.selector,
            abi.encode(
                change.agency, leaf, track, change.from, change.until, change.actor, change.decision, held, officers
            )
        );
        emit StatusChanged(
            change.agency, leaf, track, change.from, change.until, change.actor, change.decision, held, officers
        );
    }

    // Whether a track is past is a question of hours; who makes blocks can lie by seconds.
    // slither-disable-next-line timestamp
    function _requireMayChange(bytes32 leaf, Track track, uint256 value, uint8 level) private view {
        if (value == 0 || value.isPast(track, _hour())) return;
        uint8 setter = value.setterLevel(track);
        if (track > Track.REPLACED) {
            if (level > setter) revert SetFromAbove(leaf, track, setter, level);
        } else {
            if (level != COUNCIL_LEVEL && level >= setter) revert FinalStands(leaf, track);
        }
    }

    /// One officer may suspend, from the present hour and for a day at most, where no suspension was ever recorded.
    // «Now» is an hour; who makes blocks can lie by seconds.
    // slither-disable-next-line timestamp
    function _mayBeMadeAlone(StatusChange calldata change, uint256[] memory slots, uint256 officers)
        private
        view
        returns (bool)
    {
        uint256 hour = _hour();
        if (officers != 1) return false;
        if (change.track != Track.SUSPENSION) return false;
        if (change.from != hour) return false;
        if (change.until == 0 || change.until > hour + LONGEST_ALONE) return false;
        for (uint256 i = 0; i < slots.length; ++i) {
            if (slots[i].read(Track.SUSPENSION) != 0) return false;
        }
        return true;
    }

    function _requireUntil(StatusChange calldata change) private pure {
        bool hasUntil = change.until != 0;
        bool mayHave = change.from != 0 && change.track == Track.SUSPENSION;
        bool mustHave = change.from != 0 && change.track == Track.RENEWAL_PENDING;
        if (hasUntil && !mayHave && !mustHave) revert UntilOutOfRange(change.from, change.until);
        if (!hasUntil && mustHave) revert UntilOutOfRange(change.from, change.until);
        if (hasUntil && change.until <= change.from) revert UntilOutOfRange(change.from, change.until);
    }

    function _slots(StatusChange calldata change) private view returns (uint256[] memory slots) {
        slots = new uint256[](change.leaves.length);
        for (uint256 i = 0; i < slots.length; ++i) {
            slots[i] = _statuses[change.agency][change.leaves[i]];
        }
    }

    function _officers(StatusChange calldata change) private view returns (address[] memory officers) {
        _requireDeadline(change.deadline);
        uint256 number = change.signatures.length;
        if (number > MOST_SIGNATURES) revert IAgencies.TooManySignatures(number, MOST_SIGNATURES);
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    STATUS_CHANGE,
                    _registryId,
                    change.agency,
                    change.actor,
                    keccak256(abi.encodePacked(change.leaves)),
                    change.held,
                    change.track,
                    change.from,
                    change.until,
                    change.decision,
                    change.deadline
                )
            )
        );
        officers = new address[](number);
        for (uint256 i = 0; i < number; ++i) {
            officers[i] = ECDSA.recover(digest, change.signatures[i]);
        }
    }

    function _hour() private view returns (uint256) {
        return _now() / 1 hours;
    }
}
