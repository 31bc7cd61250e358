// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Agencies: who may issue what, and with which keys
/// @notice Agencies form a forest of at most five levels. The council registers top-level agencies (parent 0, level 1);
/// a parent registers, suspends and limits its children. Agency ids count from 1. The council counts as level 0.
///
/// Most changes are made by *consent*: officers sign EIP-712 data and anybody sends the transaction. The domain is
/// read from `eip712Domain()` (ERC-5267; name "Yinxin Agencies", version "1"). What they sign is
///
///     Consent(bytes32 registryId,uint32 agency,bytes32 action,uint64 nonce,uint64 deadline)
///
/// `agency` is the agency that changes (for `registerAgency`: the parent), `action` is
/// `keccak256(abi.encode(selector, arguments…))` (the function's selector padded to a word, as `bytes4` is, then all
/// its arguments but the consent), `nonce` is `nonceOf(agency)`, which grows by one with every such call, the council's
/// included, and `deadline` is the last block in which the consent counts. Signatures are 65 bytes (r, s, v) with low
/// s, from distinct signers, at most four.
///
/// Who must consent:
/// - *One of the agency*: a manager of the agency itself, or the council. For what only makes it weaker.
/// - *Two for the agency*: two managers of the agency, or one and a manager of its parent. For a top-level agency the
///   council stands for the parent (it executes the call, with one manager's signature). Never the parent alone: it
///   would take its child over.
/// - *One above*: a manager of any ancestor, or the council.
/// - *One of the agency or above*: either.
/// - *Two above*: two managers of one ancestor, or one and a manager of that ancestor's parent, or the council. They
///   speak for the level of that ancestor.
///
/// Where the council itself suffices, it executes the call without signatures, and the deadline does not matter. Every
/// signature given must count for what is needed, so that `consenters` in the events names nobody who had no say. A
/// signature of a manager of an agency that is suspended, or has a suspended ancestor, counts only for what makes
/// something weaker at its own agency.
///
/// What somebody higher up forbade, nobody further down allows again: a suspension, the withdrawal of a type, a demand
/// for approvals and the cut-off of a key each keep the highest level that made them, and are undone only from there or
/// higher.
interface IAgencies {
    struct Agency {
        /// 0 for a top-level agency.
        uint32 parent;
        /// 1 for a top-level agency, 5 at most.
        uint8 level;
        /// 0: not suspended. Otherwise 1 + the level of who suspended it (1 for the council, 2 for a top-level agency).
        uint8 suspendedBy;
        /// Approvals that a batch needs by the agency's own policy and by its parent's demand; the larger one counts,
        /// never less than one.
        uint8 ownApprovals;
        uint8 demandedApprovals;
        /// 0: nobody demands approvals. Otherwise 1 + the highest level that did; who lowers the demand must be there.
        uint8 demandedBy;
        uint32 managers;
        uint64 registeredAtBlock;
        /// Unified social credit code (GB 32100-2015), 18 characters.
        bytes18 code;
        string name;
    }

    struct Key {
        /// ES256 is 1 (room for others, such as SM2). 0: no such key.
        uint8 algorithm;
        /// Seconds since 1970; a batch anchored in a block before `validFrom`, or at or after `validUntil`, does not
        /// count for this key. `validUntil` 0 means without end.
        uint64 validFrom;
        uint64 validUntil;
        /// Nothing the key signed counts unless anchored in a block before this one; 2^64-1 means no cut-off.
        uint64 cutOffBlock;
        /// 0: no cut-off. Otherwise 1 + the highest level that set one; who moves it later must be there.
        uint8 cutOffBy;
        uint64 listedAtBlock;
        bytes32 x;
        bytes32 y;
    }

    struct Consent {
        /// The last block in which the signatures count.
        uint64 deadline;
        bytes[] signatures;
    }

    // Reading.

    function agency(uint32 id) external view returns (Agency memory);
    /// @notice The agency that has this code now; 0 if none has.
    function agencyByCode(bytes18 code) external view returns (uint32 id);
    /// @notice Also the newest agency's id.
    function numberOfAgencies() external view returns (uint32);
    /// @notice The nonce that the next consent for this agency must name.
    function nonceOf(uint32 id) external view returns (uint64);
    /// @notice The capabilities of an officer: a sum of PREPARE 1, APPROVE 2, STATUS 4, MANAGE 8; 0 for a stranger.
    function capabilities(uint32 id, address officer) external view returns (uint8);
    /// @notice A document key; all zero if the agency has no such key.
    function key(uint32 id, bytes32 kid) external view returns (Key memory);
    /// @notice Whether the agency itself holds the type; to issue, its ancestors must hold it as well.
    function holdsType(uint32 id, uint32 certificateType) external view returns (bool);
    /// @notice 0: the type was never withdrawn, or is held. Otherwise 1 + the highest level that withdrew it; who
    /// grants it again must be there.
    function typeWithdrawnBy(uint32 id, uint32 certificateType) external view returns (uint8);
    /// @notice The digest of a certificate type's data file, zero if not registered; `retired` if closed for new
    /// batches.
    function typeDigest(uint32 certificateType, uint16 version) external view returns (bytes32 digest, bool retired);
    /// @notice Whether the agency or one of its ancestors is suspended.
    function isSuspended(uint32 id) external view returns (bool);
    /// @notice Whether `ancestor` is `id` or above it. The council, 0, is above every agency.
    function isSelfOrAbove(uint32 ancestor, uint32 id) external view returns (bool);
    /// @notice How many approvals a batch of this agency needs now.
    function requiredApprovals(uint32 id) external view returns (uint8);
    /// @notice Reverts with the reason if these officers may not anchor a batch of this type now: the agency and all
    /// above it unsuspended and holding the type, its version registered and not retired, approvals as many as
    /// required, all officers distinct and capable. Returns the agency's level.
    function requireMayAnchor(
        uint32 id,
        uint32 certificateType,
        uint16 version,
        address preparer,
        address[] calldata approvers
    ) external view returns (uint8 level);
    /// @notice Reverts unless the officers are distinct, each may change statuses for `id`, and neither it nor one
    /// above it is suspended; returns its level.
    function requireMayChangeStatus(uint32 id, address[] calldata officers) external view returns (uint8 level);

    // The council (only through ICouncil.execute).

    /// @notice Registers a certificate type's version, once and for ever. Types and versions count from 1.
    function registerType(uint32 certificateType, uint16 version, bytes32 digest) external;
    /// @notice Closes a type's version for new batches, for ever.
    function retireType(uint32 certificateType, uint16 version) external;
    /// @notice Registers a top-level agency and names its first manager, whose capabilities are MANAGE alone.
    function registerTopAgency(bytes18 code, string calldata name, address firstManager) external returns (uint32 id);
    /// @notice Corrects an agency's code or name. The old code becomes free.
    function correctAgency(uint32 id, bytes18 code, string calldata name) external;
    /// @notice Names a manager, so that an agency that lost its managers' keys can go on. (Where a key was stolen, the
    /// council first takes MANAGE from it by `setOfficer`.)
    function nameManager(uint32 id, address manager) external;

    // A parent about its children, and what needs consent in general.

    /// @notice Two for `parent` (one alone could register a child with a second account of their own, and issue alone).
    /// Registers a child and names its first manager, whose capabilities are MANAGE alone. A name has 1 to 256 bytes.
    function registerAgency(
        uint32 parent,
        bytes18 code,
        string calldata name,
        address firstManager,
        Consent calldata consent
    ) external returns (uint32 id);
    /// @notice One above. Repeating it from a higher level raises the level that can lift it.
    function suspendAgency(uint32 id, Consent calldata consent) external;
    /// @notice Two above, at the level that suspended it or higher.
    function resumeAgency(uint32 id, Consent calldata consent) external;
    /// @notice Two above, at the level that withdrew the type or higher; the ancestors must hold the type, and a
    /// version of it must be registered. For a top-level agency: the council.
    function grantType(uint32 id, uint32 certificateType, Consent calldata consent) external;
    /// @notice One of the agency or above. Repeating it from a higher level raises the level that can grant it again.
    /// Descendants keep the type in name, but cannot issue without their ancestors' holding it.
    function withdrawType(uint32 id, uint32 certificateType, Consent calldata consent) external;
    /// @notice One above to raise the demand, two above to lower it, at the highest level that demanded or higher. 0 to
    /// 3. Repeating it from a higher level raises the level that can lower it.
    function demandApprovals(uint32 id, uint8 approvals, Consent calldata consent) external;
    /// @notice One of the agency to raise, two for the agency to lower. 1 to 3.
    function setOwnApprovals(uint32 id, uint8 approvals, Consent calldata consent) external;
    /// @notice Sets an officer's capabilities. Two for the agency if any capability is new; one of the agency if it
    /// only takes capabilities away (0 removes the officer).
    function setOfficer(uint32 id, address officer, uint8 capabilities_, Consent calldata consent) external;
    /// @notice Two for the agency. The point must be on P-256. Its `kid` is the RFC 7638 thumbprint, computed here.
    function addKey(
        uint32 id,
        uint8 algorithm,
        bytes32 x,
        bytes32 y,
        uint64 validFrom,
        uint64 validUntil,
        Consent calldata consent
    ) external returns (bytes32 kid);
    /// @notice One of the agency or above to move the cut-off earlier; two above, at the highest level that cut it off
    /// or higher, to move it later, or to lift it with 2^64-1. Repeating it from a higher level raises that level.
    function cutOffKey(uint32 id, bytes32 kid, uint64 cutOffBlock, Consent calldata consent) external;

    event TypeRegistered(uint32 indexed certificateType, uint16 indexed version, bytes32 digest);
    event TypeRetired(uint32 indexed certificateType, uint16 indexed version);
    event AgencyRegistered(
        uint32 indexed agency, uint32 indexed parent, uint8 level, bytes18 code, string name, address[] consenters
    );
    event AgencyCorrected(uint32 indexed agency, bytes18 code, string name);
    event AgencySuspended(uint32 indexed agency, uint8 suspendedBy, address[] consenters);
    event AgencyResumed(uint32 indexed agency, address[] consenters);
    event TypeGranted(uint32 indexed agency, uint32 indexed certificateType, address[] consenters);
    event TypeWithdrawn(uint32 indexed agency, uint32 indexed certificateType, address[] consenters);
    event ApprovalsDemanded(uint32 indexed agency, uint8 approvals, address[] consenters);
    event OwnApprovalsSet(uint32 indexed agency, uint8 approvals, address[] consenters);
    event OfficerSet(uint32 indexed agency, address indexed officer, uint8 capabilities, address[] consenters);
    event KeyAdded(
        uint32 indexed agency,
        bytes32 indexed kid,
        uint8 algorithm,
        bytes32 x,
        bytes32 y,
        uint64 validFrom,
        uint64 validUntil,
        address[] consenters
    );
    event KeyCutOff(uint32 indexed agency, bytes32 indexed kid, uint64 cutOffBlock, address[] consenters);

    error NoSuchAgency(uint32 agency);
    /// @notice Not 18 characters of GB 32100-2015's alphabet, the last one their check character.
    error CodeMalformed(bytes18 code);
    error CodeTaken(bytes18 code, uint32 agency);
    error NameOutOfRange(uint256 length);
    /// @notice The parent is on the fifth level already.
    error TooDeep(uint32 parent);
    /// @notice `version` is 0 where no version of the type is registered.
    error TypeNotRegistered(uint32 certificateType, uint16 version);
    error TypeAlreadyRegistered(uint32 certificateType, uint16 version);
    /// @notice Types and versions count from 1.
    error TypeNumberOutOfRange();
    error TypeIsRetired(uint32 certificateType, uint16 version);
    error ZeroDigest();
    /// @notice `agency` is the one asked about, or the one above it that does not hold the type.
    error TypeNotHeld(uint32 agency, uint32 certificateType);
    error TypeAlreadyHeld(uint32 agency, uint32 certificateType);
    /// @notice The type was withdrawn from higher up than those who now consent. `withdrawnBy` is 1 + that level.
    error WithdrawnFromAbove(uint32 agency, uint32 certificateType, uint8 withdrawnBy);
    /// @notice `agency` is the one asked about, or the one above it that is suspended.
    error AgencyIsSuspended(uint32 agency);
    error NotSuspended(uint32 agency);
    /// @notice The agency was suspended from higher up than those who now consent. `suspendedBy` is 1 + that level.
    error SuspendedFromAbove(uint32 agency, uint8 suspendedBy);
    error ConsentExpired(uint64 deadline, uint256 blockNumber);
    /// @notice The signatures, as recovered, do not suffice for this change, or one of them does not count for it.
    error ConsentInsufficient(address[] signers);
    /// @notice `most` is 0 where the council acts, which needs no signatures.
    error TooManySignatures(uint256 given, uint256 most);
    error SignerRepeated(address signer);
    error CapabilitiesOutOfRange(uint8 capabilities);
    error ApprovalsOutOfRange(uint8 approvals);
    /// @notice The demand was made from higher up than those who now consent. `demandedBy` is 1 + that level.
    error DemandedFromAbove(uint32 agency, uint8 demandedBy);
    error NoChange();
    error LacksCapability(uint32 agency, address officer, uint8 capability);
    error OfficerRepeated(address officer);
    error TooFewApprovals(uint256 given, uint8 required);
    error AlgorithmUnsupported(uint8 algorithm);
    error KeyNotOnCurve(bytes32 x, bytes32 y);
    error KeyAlreadyListed(uint32 agency, bytes32 kid);
    error NoSuchKey(uint32 agency, bytes32 kid);
    error ValidityOutOfOrder(uint64 validFrom, uint64 validUntil);
    error CutOffZero();
    /// @notice The cut-off was set from higher up than those who now consent. `cutOffBy` is 1 + that level.
    error CutOffFromAbove(uint32 agency, bytes32 kid, uint8 cutOffBy);
}
