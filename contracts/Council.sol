// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Heads} from "./Heads.sol";
import {ICouncil} from "./interfaces/ICouncil.sol";

/// @title Council: proposals, votes, and what the council decides about itself
abstract contract Council is ICouncil, Heads {
    struct Proposal {
        address proposer;
        uint64 expiresAtBlock;
        bool executed;
        address target;
        bytes data;
    }

    uint256 private constant MOST_MEMBERS = 32;
    uint256 private constant LONGEST_HOST = 253;

    bytes32 private immutable _registryId;
    bool private immutable _test;

    address[] private _members;
    /// Every joining gets a number of its own, so that a vote can tell whether its caster left in between.
    mapping(address account => uint64 number) private _joining;
    uint64 private _joinings;
    uint8 private _threshold;
    address private _successor;
    bytes32 private _successorId;
    /// Proposal ids count from 1.
    Proposal[] private _proposals;
    /// The caster's joining number at the time of the vote.
    mapping(uint256 id => mapping(address account => uint64 number)) private _votes;

    modifier onlyCouncil() {
        _requireCouncil();
        _;
    }

    modifier onlyMember() {
        if (_joining[msg.sender] == 0) revert NotAMember(msg.sender);
        _;
    }

    constructor(bytes32 registryId_, bool test_, address[] memory members_, uint8 threshold_) {
        if (registryId_ == 0) revert ZeroRegistryId();
        _registryId = registryId_;
        _test = test_;
        _absorb(Head.RIGHTS, RegistryCreated.selector, abi.encode(registryId_, test_));
        emit RegistryCreated(registryId_, test_);
        for (uint256 i = 0; i < members_.length; ++i) {
            _join(members_[i], threshold_);
        }
        _setThreshold(threshold_);
    }

    /// @inheritdoc ICouncil
    function registryId() public view returns (bytes32) {
        return _registryId;
    }

    /// @inheritdoc ICouncil
    function test() external view returns (bool) {
        return _test;
    }

    /// @inheritdoc ICouncil
    function threshold() external view returns (uint8) {
        return _threshold;
    }

    /// @inheritdoc ICouncil
    function members() external view returns (address[] memory) {
        return _members;
    }

    /// @inheritdoc ICouncil
    function isMember(address account) external view returns (bool) {
        return _joining[account] != 0;
    }

    /// @inheritdoc ICouncil
    function proposal(uint256 id)
        external
        view
        returns (
            address proposer,
            address target,
            bytes memory data,
            uint64 expiresAtBlock,
            bool executed,
            uint8 votes
        )
    {
        Proposal storage p = _existing(id);
        return (p.proposer, p.target, p.data, p.expiresAtBlock, p.executed, uint8(_count(id)));
    }

    /// @inheritdoc ICouncil
    function successor() external view returns (address registry, bytes32 successorId) {
        return (_successor, _successorId);
    }

    /// @inheritdoc ICouncil
    function propose(address target, bytes calldata data, uint64 expiresAtBlock)
        external
        onlyMember
        returns (uint256 id)
    {
        if (target.code.length == 0) revert TargetHasNoCode(target);
        if (expiresAtBlock <= block.number) revert ExpiryNotInFuture(expiresAtBlock, block.number);
        _proposals.push(Proposal(msg.sender, expiresAtBlock, false, target, data));
        id = _proposals.length;
        _absorb(Head.RIGHTS, ProposalMade.selector, abi.encode(id, msg.sender, target, data, expiresAtBlock));
        emit ProposalMade(id, msg.sender, target, data, expiresAtBlock);
        _vote(id);
    }

    /// @inheritdoc ICouncil
    function vote(uint256 id) external onlyMember {
        _requireOpen(id);
        if (_votes[id][msg.sender] == _joining[msg.sender]) revert AlreadyVoted(id, msg.sender);
        _vote(id);
    }

    /// @inheritdoc ICouncil
    // Calling what was voted for is the purpose, and assembly is the only way to pass its revert on.
    // slither-disable-next-line low-level-calls,assembly
    function execute(uint256 id) external onlyMember {
        Proposal storage p = _requireOpen(id);
        uint256 votes = _count(id);
        if (votes < _threshold) revert NotEnoughVotes(id, votes, _threshold);
        p.executed = true;
        _absorb(Head.RIGHTS, ProposalExecuted.selector, abi.encode(id, msg.sender));
        emit ProposalExecuted(id, msg.sender);
        (bool succeeded, bytes memory answer) = p.target.call(p.data);
        if (!succeeded) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    /// @inheritdoc ICouncil
    function addMember(address account, uint8 newThreshold) external onlyCouncil {
        _join(account, newThreshold);
        _setThreshold(newThreshold);
    }

    /// @inheritdoc ICouncil
    function removeMember(address account, uint8 newThreshold) external onlyCouncil {
        if (_joining[account] == 0) revert NotAMember(account);
        delete _joining[account];
        uint256 last = _members.length - 1;
        bool found = false;
        for (uint256 i = 0; i < last; ++i) {
            found = found || _members[i] == account;
            if (found) _members[i] = _members[i + 1];
        }
        _members.pop();
        _absorb(Head.RIGHTS, MemberRemoved.selector, abi.encode(account, newThreshold));
        emit MemberRemoved(account, newThreshold);
        _setThreshold(newThreshold);
    }

    /// @inheritdoc ICouncil
    function setVerifyingHost(string calldata host, bool listed) external onlyCouncil {
        uint256 length = bytes(host).length;
        if (length == 0 || length > LONGEST_HOST) revert HostOutOfRange(length);
        _absorb(Head.RIGHTS, VerifyingHostSet.selector, abi.encode(host, listed));
        emit VerifyingHostSet(host, listed);
    }

    /// @inheritdoc ICouncil
    function nameSuccessor(address registry, bytes32 successorId) external onlyCouncil {
        if (registry == address(0)) revert ZeroAddress();
        if (successorId == 0) revert ZeroRegistryId();
        if (_successor != address(0)) revert SuccessorAlreadyNamed(_successor);
        _successor = registry;
        _successorId = successorId;
        _absorb(Head.RIGHTS, SuccessorNamed.selector, abi.encode(registry, successorId));
        emit SuccessorNamed(registry, successorId);
    }

    function _isCouncil() internal view returns (bool) {
        return msg.sender == address(this);
    }

    function _requireCouncil() internal view {
        if (!_isCouncil()) revert NotTheCouncil(msg.sender);
    }

    function _join(address account, uint8 newThreshold) private {
        if (account == address(0)) revert ZeroAddress();
        if (account == address(this)) revert CouncilCannotBeMember();
        if (_joining[account] != 0) revert AlreadyAMember(account);
        if (_members.length == MOST_MEMBERS) revert TooManyMembers(MOST_MEMBERS + 1, MOST_MEMBERS);
        _joining[account] = ++_joinings;
        _members.push(account);
        _absorb(Head.RIGHTS, MemberAdded.selector, abi.encode(account, newThreshold));
        emit MemberAdded(account, newThreshold);
    }

    function _setThreshold(uint8 newThreshold) private {
        uint256 number = _members.length;
        if (newThreshold == 0 || newThreshold > number) revert ThresholdOutOfRange(newThreshold, number);
        _threshold = newThreshold;
    }

    function _vote(uint256 id) private {
        _votes[id][msg.sender] = _joining[msg.sender];
        _absorb(Head.RIGHTS, VoteCast.selector, abi.encode(id, msg.sender));
        emit VoteCast(id, msg.sender);
    }

    function _existing(uint256 id) private view returns (Proposal storage) {
        if (id == 0 || id > _proposals.length) revert NoSuchProposal(id);
        return _proposals[id - 1];
    }

    function _requireOpen(uint256 id) private view returns (Proposal storage p) {
        p = _existing(id);
        if (p.executed) revert AlreadyExecuted(id);
        if (block.number > p.expiresAtBlock) revert ProposalExpired(id, p.expiresAtBlock, block.number);
    }

    /// Votes of present members that have not left since they voted.
    function _count(uint256 id) private view returns (uint256 votes) {
        uint256 number = _members.length;
        for (uint256 i = 0; i < number; ++i) {
            if (_votes[id][_members[i]] == _joining[_members[i]]) ++votes;
        }
    }
}
