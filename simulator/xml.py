"""EC2's and STS's XML: small builders, and the markup of a server.

Element names and their order follow the EC2 API reference. Must not know requests.
"""

from collections.abc import Iterable, Mapping
from html import escape
from time import gmtime, strftime

from simulator.instances import STATE_CODES, Instance, View, check_status

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"
STS = "https://sts.amazonaws.com/doc/2011-06-15/"


def text(value: object) -> str:
    return escape(str(value), quote=False)


def leaf(name: str, value: object) -> str:
    """An element with text; nothing at all for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        value = "true" if value else "false"
    return f"<{name}>{text(value)}</{name}>"


def items(name: str, parts: Iterable[str]) -> str:
    return f"<{name}>{''.join(f'<item>{part}</item>' for part in parts)}</{name}>"


def moment(at: float) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S.000Z", gmtime(at))


def ec2_answer(action: str, body: str, *, request_id: str) -> bytes:
    name = f"{action}Response"
    return f'{HEAD}<{name} xmlns="{EC2}"><requestId>{request_id}</requestId>{body}</{name}>'.encode()


def ec2_error(code: str, message: str, *, request_id: str) -> bytes:
    inner = f"<Error>{leaf('Code', code)}{leaf('Message', message)}</Error>"
    return f"{HEAD}<Response><Errors>{inner}</Errors><RequestID>{request_id}</RequestID></Response>".encode()


def sts_answer(action: str, body: str, *, request_id: str) -> bytes:
    inner = f"<{action}Result>{body}</{action}Result>"
    meta = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    return f'{HEAD}<{action}Response xmlns="{STS}">{inner}{meta}</{action}Response>'.encode()


def sts_error(code: str, message: str, *, request_id: str, sender: bool = True) -> bytes:
    kind = leaf("Type", "Sender" if sender else "Receiver")
    inner = f"<Error>{kind}{leaf('Code', code)}{leaf('Message', message)}</Error>"
    inner += leaf("RequestId", request_id)
    return f'{HEAD}<ErrorResponse xmlns="{STS}">{inner}</ErrorResponse>'.encode()


def state(name: str, value: str, *, high: int = 0) -> str:
    """`high` is the high byte of the code, which clients must ignore (API reference, InstanceState)."""
    return f"<{name}><code>{high << 8 | STATE_CODES[value]}</code><name>{value}</name></{name}>"


def tags(values: Mapping[str, str]) -> str:
    return items("tagSet", (leaf("key", key) + leaf("value", value) for key, value in values.items()))


def reservation(instance: Instance, view: View, *, high: int = 0) -> str:
    """One reservation with one server; kept per view, for most servers of a page have not changed."""
    kept = instance.rendered.get(f"reservation {high}")
    if kept is not None and kept[0] is view:
        return kept[1]
    head = leaf("reservationId", "r-" + instance.instance_id[2:]) + leaf("ownerId", instance.account)
    done = f"{head}<groupSet/>{items('instancesSet', [_instance(instance, view, high)])}"
    instance.rendered[f"reservation {high}"] = (view, done)
    return done


def _instance(instance: Instance, view: View, high: int) -> str:
    return "".join(
        (
            leaf("instanceId", instance.instance_id),
            leaf("imageId", instance.image),
            state("instanceState", view.state, high=high),
            leaf(
                "privateDnsName",
                f"ip-{instance.private_ip.replace('.', '-')}.{instance.region}.compute.internal",
            ),
            leaf("dnsName", _public_name(instance, view)),
            leaf("reason", view.note),
            leaf("amiLaunchIndex", 0),
            "<productCodes/>",
            leaf("instanceType", instance.kind),
            leaf("launchTime", moment(view.launched_at)),
            _placement(instance),
            _monitoring(instance),
            leaf("subnetId", "subnet-0a1b2c3d4e5f60718"),
            leaf("vpcId", "vpc-0a1b2c3d4e5f60718"),
            leaf("privateIpAddress", instance.private_ip),
            leaf("ipAddress", view.public_ip),
            leaf("sourceDestCheck", True),
            "<groupSet/>",
            _state_reason(view),
            _hardware(instance),
            tags(instance.tags),
            f"<hibernationOptions>{leaf('configured', instance.hibernation)}</hibernationOptions>",
            _operator(instance),
        )
    )


def _monitoring(instance: Instance) -> str:
    return (
        f"<monitoring>{leaf('state', 'enabled' if instance.detailed_monitoring else 'disabled')}</monitoring>"
    )


def _hardware(instance: Instance) -> str:
    volume = "vol-" + instance.instance_id[2:]
    disk = f"<ebs>{leaf('volumeId', volume)}{leaf('status', 'attached')}</ebs>"
    disks = [leaf("deviceName", instance.root_device_name) + disk] if instance.root_device == "ebs" else []
    return "".join(
        (
            leaf("architecture", instance.architecture),
            leaf("rootDeviceType", instance.root_device),
            leaf("rootDeviceName", instance.root_device_name),
            items("blockDeviceMapping", disks),
            leaf("virtualizationType", "hvm"),
            leaf("instanceLifecycle", instance.lifecycle),
            leaf("spotInstanceRequestId", "sir-simulated" if instance.lifecycle == "spot" else None),
            leaf("hypervisor", "xen"),
            leaf("ebsOptimized", False),
            leaf("enaSupport", True),
            leaf("platformDetails", instance.platform),
            leaf("platform", "windows" if instance.platform.lower().startswith("windows") else None),
        )
    )


def _placement(instance: Instance) -> str:
    zone = leaf("availabilityZone", instance.zone)
    return f"<placement>{zone}<groupName/>{leaf('tenancy', instance.tenancy)}</placement>"


def _public_name(instance: Instance, view: View) -> str:
    if view.public_ip is None:
        return ""
    return f"ec2-{view.public_ip.replace('.', '-')}.{instance.region}.compute.amazonaws.com"


def _state_reason(view: View) -> str:
    if view.reason is None:
        return ""
    return (
        f"<stateReason>{leaf('code', view.reason.code)}{leaf('message', view.reason.message)}</stateReason>"
    )


def _operator(instance: Instance) -> str:
    managed = instance.operator is not None
    return f"<operator>{leaf('managed', managed)}{leaf('principal', instance.operator)}</operator>"


def status(instance: Instance, view: View, *, high: int = 0) -> str:
    """One item of DescribeInstanceStatus."""
    kept = instance.rendered.get(f"status {high}")
    if kept is not None and kept[0] is view:
        return kept[1]
    done = "".join(
        (
            leaf("instanceId", instance.instance_id),
            leaf("availabilityZone", instance.zone),
            _events(instance),
            state("instanceState", view.state, high=high),
            _check("systemStatus", check_status(view)),
            _check("instanceStatus", check_status(view)),
        )
    )
    instance.rendered[f"status {high}"] = (view, done)
    return done


def _check(name: str, value: str) -> str:
    detail = {"ok": "passed", "impaired": "failed", "initializing": "initializing"}.get(value)
    details = items("details", [leaf("name", "reachability") + leaf("status", detail)]) if detail else ""
    return f"<{name}>{leaf('status', value)}{details}</{name}>"


def _events(instance: Instance) -> str:
    if not instance.events:
        return ""
    names = (("instance_event_id", "instanceEventId"), ("code", "code"), ("description", "description"),
             ("not_before", "notBefore"), ("not_after", "notAfter"))  # fmt: skip
    return items(
        "eventsSet", ("".join(leaf(tag, event.get(key)) for key, tag in names) for event in instance.events)
    )
