// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {CertificateTypes} from "./CertificateTypes.sol";
import {Council} from "./Council.sol";
import {CreditCode} from "./CreditCode.sol";
import {DocumentKeys} from "./DocumentKeys.sol";
import {IAgencies} from "./interfaces/IAgencies.sol";

/// @title Agencies: who may issue what, and with which keys
contract Agencies is CertificateTypes, DocumentKeys {
    uint8 private constant PREPARE = 1;
    uint8 private constant APPROVE = 2;
    uint8 private constant STATUS = 4;
    uint8 private constant ALL_CAPABILITIES = 15;
    uint8 private constant LOWEST_LEVEL = 5;
    uint8 private constant MOST_APPROVALS = 3;
    uint256 private constant LONGEST_NAME = 256;

    uint32 private _numberOfAgencies;
    mapping(bytes18 code => uint32 id) private _byCode;

    constructor(bytes32 registryId_, bool test_, address[] memory members_, uint8 threshold_)
        Council(registryId_, test_, members_, threshold_)
        EIP712("Yinxin Agencies", "1")
    {}

    // Reading.

    /// @inheritdoc IAgencies
    function agency(uint32 id) external view returns (Agency memory) {
        Entry storage e = _existing(id);
        return Agency({
            parent: e.parent,
            level: e.level,
            suspendedBy: e.suspendedBy,
            ownApprovals: e.ownApprovals,
            demandedApprovals: e.demandedApprovals,
            demandedBy: e.demandedBy,
            managers: e.managers,
            registeredAtBlock: e.registeredAtBlock,
            code: e.code,
            name: e.name
        });
    }

    /// @inheritdoc IAgencies
    function agencyByCode(bytes18 code) external view returns (uint32 id) {
        return _byCode[code];
    }

    /// @inheritdoc IAgencies
    function numberOfAgencies() external view returns (uint32) {
        return _numberOfAgencies;
    }

    /// @inheritdoc IAgencies
    function nonceOf(uint32 id) external view returns (uint64) {
        return _existing(id).nonce;
    }

    /// @inheritdoc IAgencies
    function capabilities(uint32 id, address officer) external view returns (uint8) {
        return _officers[id][officer];
    }

    /// @inheritdoc IAgencies
    function isSuspended(uint32 id) external view returns (bool) {
        _existing(id);
        for (; id != 0; id = _entries[id].parent) {
            if (_entries[id].suspendedBy != 0) return true;
        }
        return false;
    }

    /// @inheritdoc IAgencies
    function isSelfOrAbove(uint32 ancestor, uint32 id) external view returns (bool) {
        _existing(id);
        while (id != ancestor && id != 0) id = _entries[id].parent;
        // Ids are compared, not amounts that somebody else could move.
        // slither-disable-next-line incorrect-equality
        return id == ancestor;
    }

    /// @inheritdoc IAgencies
    function requiredApprovals(uint32 id) external view returns (uint8) {
        return _requiredApprovals(_existing(id));
    }

    /// @inheritdoc IAgencies
    function requireMayAnchor(
        uint32 id,
        uint32 certificateType,
        uint16 version,
        address preparer,
        address[] calldata approvers
    ) external view returns (uint8 level) {
        Entry storage e = _existing(id);
        level = e.level;
        _requireNotSuspended(id);
        _requireOpen(certificateType, version);
        _requireHeld(id, certificateType);
        uint8 required = _requiredApprovals(e);
        if (approvers.length < required) revert TooFewApprovals(approvers.length, required);
        _requireCapability(id, preparer, PREPARE);
        for (uint256 i = 0; i < approvers.length; ++i) {
            if (approvers[i] == preparer) revert OfficerRepeated(preparer);
            _requireNotBefore(approvers, i);
            _requireCapability(id, approvers[i], APPROVE);
        }
    }

    /// @inheritdoc IAgencies
    function requireMayChangeStatus(uint32 id, address[] calldata officers) external view returns (uint8 level) {
        level = _existing(id).level;
        _requireNotSuspended(id);
        for (uint256 i = 0; i < officers.length; ++i) {
            _requireNotBefore(officers, i);
            _requireCapability(id, officers[i], STATUS);
        }
    }

    // The council.

    /// @inheritdoc IAgencies
    function registerTopAgency(bytes18 code, string calldata name, address firstManager)
        external
        onlyCouncil
        returns (uint32 id)
    {
        return _register(0, 1, code, name, firstManager, new address[](0));
    }

    /// @inheritdoc IAgencies
    function correctAgency(uint32 id, bytes18 code, string calldata name) external onlyCouncil {
        Entry storage e = _existing(id);
        bytes18 before = e.code;
        if (code == before && keccak256(bytes(name)) == keccak256(bytes(e.name))) revert NoChange();
        _requireName(name);
        delete _byCode[before];
        _takeCode(code, id);
        e.code = code;
        e.name = name;
        _absorb(Head.RIGHTS, AgencyCorrected.selector, abi.encode(id, code, name));
        emit AgencyCorrected(id, code, name);
    }

    /// @inheritdoc IAgencies
    function nameManager(uint32 id, address manager) external onlyCouncil {
        _existing(id);
        _setOfficer(id, manager, _officers[id][manager] | MANAGE, new address[](0));
    }

    // By consent.

    /// @inheritdoc IAgencies
    function registerAgency(
        uint32 parent,
        bytes18 code,
        string calldata name,
        address firstManager,
        Consent calldata consent
    ) external returns (uint32 id) {
        uint8 level = _existing(parent).level;
        if (level == LOWEST_LEVEL) revert TooDeep(parent);
        bytes32 action = keccak256(abi.encode(this.registerAgency.selector, parent, code, name, firstManager));
        address[] memory consenters = _byTwoFor(parent, action, consent);
        return _register(parent, level + 1, code, name, firstManager, consenters);
    }

    /// @inheritdoc IAgencies
    function suspendAgency(uint32 id, Consent calldata consent) external {
        Entry storage e = _existing(id);
        (address[] memory consenters, uint8 level) = _byOneAbove(id, _action(1), consent);
        if (e.suspendedBy != 0 && e.suspendedBy <= level + 1) revert NoChange();
        e.suspendedBy = level + 1;
        _absorb(Head.RIGHTS, AgencySuspended.selector, abi.encode(id, level + 1, consenters));
        emit AgencySuspended(id, level + 1, consenters);
    }

    /// @inheritdoc IAgencies
    function resumeAgency(uint32 id, Consent calldata consent) external {
        Entry storage e = _existing(id);
        if (e.suspendedBy == 0) revert NotSuspended(id);
        (address[] memory consenters, uint8 level) = _byTwoAbove(id, _action(1), consent);
        if (level + 1 > e.suspendedBy) revert SuspendedFromAbove(id, e.suspendedBy);
        e.suspendedBy = 0;
        _absorb(Head.RIGHTS, AgencyResumed.selector, abi.encode(id, consenters));
        emit AgencyResumed(id, consenters);
    }

    /// @inheritdoc IAgencies
    function demandApprovals(uint32 id, uint8 approvals, Consent calldata consent) external {
        Entry storage e = _existing(id);
        if (approvals > MOST_APPROVALS) revert ApprovalsOutOfRange(approvals);
        bool lowers = approvals < e.demandedApprovals;
        (address[] memory consenters, uint8 level) =
            lowers ? _byTwoAbove(id, _action(2), consent) : _byOneAbove(id, _action(2), consent);
        uint8 before = e.demandedBy;
        bool higher = before == 0 || level + 1 < before;
        if (approvals == e.demandedApprovals && (approvals == 0 || !higher)) revert NoChange();
        if (lowers && level + 1 > before) revert DemandedFromAbove(id, before);
        e.demandedApprovals = approvals;
        e.demandedBy = approvals == 0 ? 0 : higher ? level + 1 : before;
        _absorb(Head.RIGHTS, ApprovalsDemanded.selector, abi.encode(id, approvals, consenters));
        emit ApprovalsDemanded(id, approvals, consenters);
    }

    /// @inheritdoc IAgencies
    function setOwnApprovals(uint32 id, uint8 approvals, Consent calldata consent) external {
        Entry storage e = _existing(id);
        if (approvals == 0 || approvals > MOST_APPROVALS) revert ApprovalsOutOfRange(approvals);
        if (approvals == e.ownApprovals) revert NoChange();
        bool lowers = approvals < e.ownApprovals;
        address[] memory consenters =
            lowers ? _byTwoFor(id, _action(2), consent) : _byOneOf(id, _action(2), consent);
        e.ownApprovals = approvals;
        _absorb(Head.RIGHTS, OwnApprovalsSet.selector, abi.encode(id, approvals, consenters));
        emit OwnApprovalsSet(id, approvals, consenters);
    }

    /// @inheritdoc IAgencies
    function setOfficer(uint32 id, address officer, uint8 capabilities_, Consent calldata consent) external {
        _existing(id);
        bool adds = capabilities_ & ~_officers[id][officer] != 0;
        address[] memory consenters = adds ? _byTwoFor(id, _action(3), consent) : _byOneOf(id, _action(3), consent);
        _setOfficer(id, officer, capabilities_, consenters);
    }

    // What the above is made of.

    function _register(
        uint32 parent,
        uint8 level,
        bytes18 code,
        string calldata name,
        address firstManager,
        address[] memory consenters
    ) private returns (uint32 id) {
        _requireName(name);
        id = ++_numberOfAgencies;
        _takeCode(code, id);
        Entry storage e = _entries[id];
        e.parent = parent;
        e.level = level;
        e.ownApprovals = 1;
        e.registeredAtBlock = uint64(block.number);
        e.code = code;
        e.name = name;
        _absorb(Head.RIGHTS, AgencyRegistered.selector, abi.encode(id, parent, level, code, name, consenters));
        emit AgencyRegistered(id, parent, level, code, name, consenters);
        _setOfficer(id, firstManager, MANAGE, consenters);
    }

    function _takeCode(bytes18 code, uint32 id) private {
        if (!CreditCode.isValid(code)) revert CodeMalformed(code);
        if (_byCode[code] != 0) revert CodeTaken(code, _byCode[code]);
        _byCode[code] = id;
    }

    function _setOfficer(uint32 id, address officer, uint8 capabilities_, address[] memory consenters) private {
        uint8 before = _officers[id][officer];
        if (officer == address(0)) revert ZeroAddress();
        if (capabilities_ > ALL_CAPABILITIES) revert CapabilitiesOutOfRange(capabilities_);
        if (capabilities_ == before) revert NoChange();
        _officers[id][officer] = capabilities_;
        if (before & MANAGE < capabilities_ & MANAGE) ++_entries[id].managers;
        if (before & MANAGE > capabilities_ & MANAGE) --_entries[id].managers;
        _absorb(Head.RIGHTS, OfficerSet.selector, abi.encode(id, officer, capabilities_, consenters));
        emit OfficerSet(id, officer, capabilities_, consenters);
    }

    function _requiredApprovals(Entry storage e) private view returns (uint8) {
        return e.ownApprovals > e.demandedApprovals ? e.ownApprovals : e.demandedApprovals;
    }

    function _requireNotSuspended(uint32 id) private view {
        for (; id != 0; id = _entries[id].parent) {
            if (_entries[id].suspendedBy != 0) revert AgencyIsSuspended(id);
        }
    }

    function _requireCapability(uint32 id, address officer, uint8 capability) private view {
        if (_officers[id][officer] & capability == 0) revert LacksCapability(id, officer, capability);
    }

    function _requireNotBefore(address[] calldata officers, uint256 index) private pure {
        for (uint256 i = 0; i < index; ++i) {
            if (officers[i] == officers[index]) revert OfficerRepeated(officers[i]);
        }
    }

    function _requireName(string calldata name) private pure {
        uint256 length = bytes(name).length;
        if (length == 0 || length > LONGEST_NAME) revert NameOutOfRange(length);
    }
}
