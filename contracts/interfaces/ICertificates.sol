// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAgencies} from "./IAgencies.sol";

/// @title Certificates: what was anchored, and what became of it
/// @notice `anchor` and `replace` record batches of leaves; `changeStatus` records what happened to single leaves
/// afterwards. The registry's address is this contract's address. EIP-712 domain: name "Yinxin Certificates",
/// version "1", read from `eip712Domain()` (ERC-5267).
///
/// What the preparer (role 1) and each approver (role 2) of a batch sign:
///
///     Batch(bytes32 registryId,uint32 agency,uint32 certificateType,uint16 version,bytes32 root,uint16 size,
///           bytes32 replaces,uint24 from,uint8 role,uint64 deadline)
///
/// `replaces` is `keccak256` of the old leaves, concatenated in the order of the new ones, and `from` the hour from
/// which they are replaced; both are zero for `anchor`. What officers sign for a change of status:
///
///     StatusChange(bytes32 registryId,uint32 agency,uint32 actor,bytes32 leaves,bytes32 held,uint8 track,
///                  uint24 from,uint24 until,bytes32 decision,uint64 deadline)
///
/// `leaves` is `keccak256` of the concatenated leaves, `held` is `keccak256` of what their slots hold now (32 bytes
/// each, concatenated); since every slot counts its changes, what was signed for one change never fits another one.
/// Signatures are 65 bytes (r, s, v) with low s, at most four besides the preparer's. `deadline` is the last block in
/// which they count.
///
/// Times in statuses are whole **hours** since 1970-01-01T00:00Z (24 bits reach the year 3883), so that both calendar
/// days of Asia/Shanghai (UTC+8) and «up to 24 hours» are exact. Intervals are half-open: [from, until).
///
/// Levels are those of IAgencies: the council is 0, a top-level agency 1, the lowest 5. Errors of IAgencies' about
/// rights pass through this contract's calls.
interface ICertificates {
    /// @notice The tracks of a status. The first five are final: RESCINDED 撤销, REVOKED 吊销, WITHDRAWN 撤回,
    /// CANCELLED 注销, REPLACED 换发/变更, gravest first; each has a `from`. SUSPENSION 暂扣 has `from` and `until`
    /// (0: until lifted). LOSS 挂失 has `from`. RENEWAL_PENDING 延续办理中 has `until`.
    enum Track {
        RESCINDED,
        REVOKED,
        WITHDRAWN,
        CANCELLED,
        REPLACED,
        SUSPENSION,
        LOSS,
        RENEWAL_PENDING
    }

    struct Batch {
        uint32 certificateType;
        uint16 version;
        /// 0: no such batch.
        uint16 size;
        /// Gap-free for each agency, from 1.
        uint32 sequence;
        uint64 blockNumber;
    }

    struct Signatures {
        uint64 deadline;
        /// The preparer's.
        bytes preparer;
        bytes[] approvers;
    }

    struct StatusChange {
        uint32 agency;
        /// The agency that acts: `agency` itself or one above it; 0 for the council, which executes the call without
        /// signatures.
        uint32 actor;
        bytes32[] leaves;
        /// keccak256 of what the leaves' slots hold now, 32 bytes each.
        bytes32 held;
        Track track;
        /// 0 lifts the track. For RENEWAL_PENDING any hour from which it counts; the slot does not keep it.
        uint24 from;
        /// For SUSPENSION (0: until lifted) and RENEWAL_PENDING (never 0), later than `from`; 0 for all others, and
        /// when a track is lifted.
        uint24 until;
        /// Salted digest of the written decision; not zero.
        bytes32 decision;
        /// The last block in which the signatures count. Where the council acts, it does not matter.
        uint64 deadline;
        bytes[] signatures;
    }

    /// @notice The contract that says who may do what; it is ICouncil as well.
    function agencies() external view returns (IAgencies);
    /// @notice As `agencies` has it.
    function registryId() external view returns (bytes32);
    /// @notice As `agencies` has it.
    function test() external view returns (bool);
    function batch(uint32 agency, bytes32 root) external view returns (Batch memory);
    /// @notice The sequence number of the agency's newest batch, 0 if it has none.
    function sequence(uint32 agency) external view returns (uint32);
    /// @notice All tracks of a leaf, packed; the layout is drawn in contracts/README.md. The upper 16 bits count the
    /// slot's changes, modulo 2^16.
    function status(uint32 agency, bytes32 leaf) external view returns (uint256);
    /// @notice RFC 9162 root (SHA-256, inner nodes prefixed 0x01) of leaves that are hashes already.
    function rootOf(bytes32[] calldata leaves) external view returns (bytes32);

    /// @notice Anchors a batch of 1 to 1,024 leaves. Repeating it (same agency, root, type, version and size) succeeds
    /// without effect or event, before any check of rights, deadlines or signatures. The sender must be an account
    /// without code that sent the transaction itself, and the calldata exactly as `abi.encode` makes it, so that the
    /// leaves stand in the transaction for everybody to read.
    function anchor(
        uint32 agency,
        uint32 certificateType,
        uint16 version,
        bytes32[] calldata leaves,
        Signatures calldata signatures
    ) external;

    /// @notice Anchors a batch whose leaf i takes the place of `oldLeaves[i]` from hour `from` on, which sets the old
    /// leaf's REPLACED track at the agency's level. An old leaf that is replaced already, or by an earlier entry of the
    /// same call, is refused. Otherwise as `anchor`; a repetition has the same old leaves and `from` as well.
    function replace(
        uint32 agency,
        uint32 certificateType,
        uint16 version,
        bytes32[] calldata leaves,
        bytes32[] calldata oldLeaves,
        uint24 from,
        Signatures calldata signatures
    ) external;

    /// @notice Changes one track of 1 to 256 distinct leaves of one agency, by two officers' signatures of `actor`. One
    /// suffices for a suspension from the present hour, for at most 24 hours, of leaves whose slots hold no suspension,
    /// not even a past one. A track that is set and not past is changed or lifted only at its setter's level or above;
    /// a final one only above its setter, or by the council. A leaf need not be anchored yet.
    function changeStatus(StatusChange calldata change) external;

    event BatchAnchored(
        uint32 indexed agency,
        bytes32 indexed root,
        uint32 indexed certificateType,
        uint16 version,
        uint16 size,
        uint32 sequence,
        address preparer,
        address[] approvers
    );
    /// @notice Takes a step of the STATUSES chain; the old leaf's REPLACED track was set.
    event CertificateReplaced(
        uint32 indexed agency, bytes32 indexed oldLeaf, bytes32 indexed newLeaf, uint24 from, uint256 held
    );
    /// @notice `held` is what the slot holds after the change.
    event StatusChanged(
        uint32 indexed agency,
        bytes32 indexed leaf,
        Track indexed track,
        uint24 from,
        uint24 until,
        uint32 actor,
        bytes32 decision,
        uint256 held,
        address[] officers
    );

    /// @notice The sender has code, or did not send the transaction itself.
    error NotAPlainAccount(address sender);
    /// @notice Dirty padding, odd offsets or trailing bytes. (A word that its type cannot hold is refused by the
    /// decoder before, without a reason.)
    error CalldataNotCanonical();
    error SizeOutOfRange(uint256 size, uint256 most);
    /// @notice This agency has anchored this root under another type, version or size, or replacing other leaves.
    error BatchExists(uint32 agency, bytes32 root);
    error SignaturesExpired(uint64 deadline, uint256 blockNumber);
    error SucceededBy(address registry);
    error OldLeavesMismatch(uint256 newLeaves, uint256 oldLeaves);
    error AlreadyReplaced(uint32 agency, bytes32 oldLeaf);
    error FromZero();
    /// @notice The actor is neither the agency nor one above it.
    error NotAbove(uint32 actor, uint32 agency);
    /// @notice The slots hold something else by now than what was signed.
    error StatusStale(bytes32 held, bytes32 expected);
    error DecisionZero();
    error UntilOutOfRange(uint24 from, uint24 until);
    error TwoOfficersNeeded(uint256 given);
    error SetFromAbove(bytes32 leaf, Track track, uint8 setterLevel, uint8 actorLevel);
    /// @notice A final track is changed or lifted only above its setter, or by the council.
    error FinalStands(bytes32 leaf, Track track);
    error LeafRepeated(bytes32 leaf);
    error NothingToLift(bytes32 leaf, Track track);
    /// @notice The slot holds exactly this already.
    error NothingToChange(bytes32 leaf, Track track);
}
