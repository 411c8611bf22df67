"""Names of columns: what cities and hotlines call the fields of a request.

Names are compared folded: full-width forms, case, spaces and punctuation do not count. Within a field, earlier
names win; a name that is not known may still be found by a part of it, for Chinese headers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

TIMES = ("created", "acknowledged", "closed", "target", "reopened", "updated")
WORDS = ("category", "subtype", "agency", "channel", "outcome", "area", "status")
OTHERS = ("place", "reporter", "x", "y", "on_time", "ticket")
FIELDS = (*TIMES, *WORDS, *OTHERS)
PERSONAL = ("person", "phone", "id_number", "address", "email", "free_text")

_NAMES: Mapping[str, str] = {
    "created": "created, created at, created date, create date, created date/time, date created, open dt, opened, "
    "open date, opened date, requested datetime, requested, request date, date requested, reported, date reported, "
    "report date, creation date, creation datetime, datetimeinit, received, date received, submitted, date submitted, "
    "adddate, case opened date, timestamp, date, datetime, time, 创建时间, 来电时间, 诉求时间, 反映时间, 登记时间, "
    "提交时间, 上报时间, 投诉时间, 来访时间, 工单创建时间, 生成时间, 录入时间, 建单时间, 接单时间, 发生时间, "
    "案件时间, 创建日期, 登记日期, 来电日期, 受理时间, 受理日期, 时间, 日期",
    "acknowledged": "acknowledged, acknowledged at, ack, acknowledged date, first response, assigned date, "
    "dispatched, 受理时间, 受理日期, 派单时间, 签收时间, 转办时间, 交办时间, 接收时间, 首次响应时间, 首次联系时间",
    "closed": "closed, closed at, closed dt, closed date, close date, date closed, closeddate, completed, "
    "completion date, date completed, datetimeclosed, resolved, resolved at, resolution date, case closed date, "
    "actual completed date, "
    "办结时间, 结案时间, 完成时间, 办理完成时间, 归档时间, 处置完成时间, 完结时间, 关闭时间, 办毕时间, 办结日期, "
    "结案日期, 回复时间, 答复时间, 反馈时间",
    "target": "target, target dt, target date, sla target dt, due date, duedate, due, expected datetime, "
    "expected close date, sla date, estimated completion date, exceeded est timeframe date, "
    "办理时限, 截止时间, 应办结时间, 到期时间, 限办时间, 办结时限, 截止日期, 要求办结时间, 处置截止时间",
    "reopened": "reopened, reopened at, reopened date, 重办时间, 重开时间, 返工时间, 再次办理时间",
    "updated": "updated, updated at, updated datetime, updated date, last modified date, last updated, status date, "
    "resolution action updated date, 更新时间, 最后更新时间",
    "status": "status, case status, sr status, state, request status, "
    "状态, 工单状态, 办理状态, 案件状态, 当前状态, 处理状态",
    "category": "category, service name, request category, reason, complaint type, case title, subject, "
    "request type, sr type, srtype, type group, service type, typ, issue, issue type, problem type, "
    "诉求类别, 诉求分类, 诉求类型, 问题分类, 问题类别, 问题类型, 事项类别, 事项分类, 一级分类, 一级类别, 大类, "
    "诉求大类, 案件大类, 案件类型, 工单类型, 类别, 分类, 类型, 事件类型, 投诉类别, 业务类别, 一级事项",
    "subtype": "subtype, sub type, type, case title, request details, descriptor, detail, service subtype, "
    "service code, problemcode, subcategory, sub category, 小类, 二级分类, 二级类别, 诉求子类, 诉求小类, "
    "案件小类, 三级分类, 三级类别, 具体类别, 细类, 子类, 子类别, 二级事项",
    "agency": "agency, department, owner department, agency responsible, responsible agency, owner, assigned to, "
    "dept, division, agency name, 承办单位, 主办单位, 责任单位, 处置部门, 办理单位, 承办部门, 责任部门, 主办部门, "
    "处置单位, 受理单位, 派遣部门, 牵头单位",
    "channel": "channel, source, origin, method received, methodreceived, open data channel type, "
    "request source, requestsource, case source, callertype, intake channel, 渠道, 来源, 诉求来源, 诉求渠道, "
    "受理渠道, 来电渠道, 工单来源, 案件来源, 受理方式, 来源渠道, 信息来源, 问题来源",
    "outcome": "outcome, resolution, closure code, closing code, resolution code, disposition, 办理结果类型, "
    "办结方式, 结案方式, 处理结果, 办结类型, 是否解决, 解决情况",
    "area": "area, neighborhood, neighbourhood, neighborhood district, district, borough, community area, ward, "
    "precinct, ncname, quarter, stadtkreis, council district, police district, 所属街道, 街道, 街镇, 镇街, "
    "所属社区, 社区, 所属区域, 区域, 行政区, 区县, 所属区县, 所在街道, 辖区, 属地, 村居, 网格",
    "place": "loc id, location id, place, address id, 地点编号, 位置编号, 楼栋",
    "reporter": "reporter, reporter id, author, user id, customer id, caller id, 诉求人编号, 用户编号, 来电人编号",
    "x": "x, lon, long, lng, longitude, e, easting, x coordinate, 经度, 坐标x, x坐标",
    "y": "y, lat, latitude, n, northing, y coordinate, 纬度, 坐标y, y坐标",
    "on_time": "on time, ontime, overdue, is overdue, 是否超期, 是否按期, 是否逾期, 是否超时, 按期办结",
    "ticket": "ticket, case enquiry id, case id, caseid, request id, requestid, service request id, sr number, "
    "unique key, srrecordid, service request number, id, ticket id, 工单编号, 工单号, 诉求编号, 案件编号, 任务号, "
    "流水号, 受理编号, 登记编号, 编号, 受理号",
    "person": "name, full name, first name, last name, caller, caller name, contact, reported by, requester, "
    "姓名, 来电人, 诉求人, 联系人, 投诉人, 反映人, 申请人, 市民姓名, 来电人姓名, 诉求人姓名, 联系人姓名, 办理人, "
    "经办人, 受理人, 坐席, 话务员",
    "phone": "phone, telephone, mobile, cell, phone number, tel, 电话, 手机, 来电号码, 联系电话, 手机号, 手机号码, "
    "联系方式, 电话号码, 来电电话, 回访电话",
    "id_number": "id number, ssn, id card, passport, 身份证, 身份证号, 身份证号码, 证件号码, 证件号",
    "address": "address, incident address, street address, location street name, probaddress, location, "
    "street name, landmark, 地址, 诉求地址, 事发地址, 详细地址, 问题地址, 地点, 事发地点, 诉求地点, 住址, 家庭住址, "
    "具体地址, 反映地址, 案发地址, 门牌号, 小区",
    "email": "email, e-mail, email address, 邮箱, 电子邮箱",
    "free_text": "description, notes, comments, comment, status notes, details, text, body, message, "
    "closure reason, resolution description, service notice, media url, submittedphoto, closedphoto, title, summary, "
    "内容, 诉求内容, 投诉内容, 反映内容, 问题描述, 描述, 备注, 标题, 诉求标题, 办理情况, 办理意见, 处理意见, "
    "回复内容, 答复内容, 办理结果, 回访情况, 处置情况, 主要内容, 事项描述, 摘要",
}  # fmt: skip
# Parts by which a longer Chinese header is known; the first that fits.
_PARTS = (
    ("身份证", "id_number"), ("证件", "id_number"), ("邮箱", "email"), ("电话", "phone"), ("手机", "phone"),
    ("号码", "phone"), ("联系方式", "phone"), ("姓名", "person"), ("内容", "free_text"), ("描述", "free_text"),
    ("备注", "free_text"), ("意见", "free_text"), ("标题", "free_text"), ("地址", "address"), ("地点", "address"),
    ("办结时间", "closed"), ("结案时间", "closed"), ("完成时间", "closed"), ("截止", "target"), ("时限", "target"),
    ("创建时间", "created"), ("来电时间", "created"), ("登记时间", "created"), ("受理时间", "acknowledged"),
    ("小类", "subtype"), ("大类", "category"), ("类别", "category"), ("分类", "category"), ("街道", "area"),
    ("社区", "area"), ("承办", "agency"), ("主办", "agency"), ("责任单位", "agency"), ("渠道", "channel"),
    ("来源", "channel"), ("状态", "status"), ("编号", "ticket"), ("单号", "ticket"), ("人", "person"),
)  # fmt: skip
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def folded(name: str) -> str:
    """Return a header without case, full-width forms, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name)).casefold()


_KNOWN = {field: tuple(folded(name) for name in names.split(", ")) for field, names in _NAMES.items()}
_RANK = {(field, name): rank for field, names in _KNOWN.items() for rank, name in enumerate(names)}
_MEANS: dict[str, list[str]] = {}
for _field, _names in _KNOWN.items():
    for _name in _names:
        _MEANS.setdefault(_name, []).append(_field)


def meanings(name: str) -> list[str]:
    """Return what a header may mean, the likeliest first: fields, or kinds of personal data."""
    plain = folded(name)
    if plain in _MEANS:
        return sorted(_MEANS[plain], key=lambda field: _RANK[field, plain])
    if _CHINESE.search(plain):
        return [field for part, field in _PARTS if part in plain][:1]
    return []


def recognised(names: Iterable[str]) -> int:
    """Count headers that mean something."""
    return sum(bool(meanings(name)) for name in names)


def assigned(names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each field: what the mapping gives, else the column whose name fits best."""
    taken = dict(given)
    rest = [name for name in names if name not in given.values()]
    wanted = [field for field in _NAMES if field not in taken]
    fits = sorted(
        (_rank(field, name), wanted.index(field), position, field, name)
        for position, name in enumerate(rest)
        for field in meanings(name)
        if field in wanted
    )
    for _, _, _, field, name in fits:
        if field not in taken and name not in taken.values():
            taken[field] = name
    return taken


def _rank(field: str, name: str) -> int:
    return _RANK.get((field, folded(name)), len(_RANK))


def personal_kind(name: str) -> str:
    """Return the kind of personal data that a header announces, "" for none."""
    return next((kind for kind in meanings(name) if kind in PERSONAL), "")
