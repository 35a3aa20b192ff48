"""The people of a brief: who, where, when, how they hear of it and what they do."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from sizing.vocabulary import Clock, Days, Entry, Hours, Line, Number, People, Whole, Zone

Share = Annotated[Number, Field(ge=0, le=1)]
Rate = Annotated[Number, Field(gt=0, le=1000)]


class Group(Entry):
    """People who work at the same hours and reach the platform the same way."""

    name: Line = Field(description="what you call these people", examples=["Headquarters"])
    people: People = Field(description="how many they are", examples=[200])
    site: Line = Field(description="where they work", examples=["Hamburg"])
    time_zone: Zone = Field(description="IANA time zone", examples=["Europe/Berlin"])
    hours: Hours = Field(default="08:00-17:00", description="working hours, local time; may pass midnight", examples=["08:00-17:00"])
    days: Days = Field(default="mon-fri", description="working days", examples=["mon-fri"])
    access: Literal["office", "vpn", "internet"] = Field(
        default="office", description="how they reach it: office and vpn reach everything, internet only what is external", examples=["office"]
    )


class Channel(Entry):
    """One way in which people hear of the platform."""

    channel: Literal["portal-link", "announcement-mail", "word-of-mouth", "newsletter", "poster", "manager", "event"] = Field(
        description="how people hear of it", examples=["portal-link"]
    )
    start: Annotated[date, Field(strict=True)] | None = Field(default=None, description="first day, YYYY-MM-DD", examples=[date(2027, 1, 11)])


class Discovery(Entry):
    """How people find the platform."""

    channels: tuple[Channel, ...] = Field(default=(), max_length=50, description="the ways in which people hear of it")
    send_at: Clock = Field(default="10:00", description="time at which a mail to everyone is sent, local time of the largest group", examples=["10:00"])
    waves: Annotated[Whole, Field(ge=1, le=1000)] = Field(default=1, description="equal parts in which it is sent, a working day apart", examples=[1])


class Behaviour(Entry):
    """What people do. Leave a line out to use the assumption of the evidence file."""

    sessions_per_person_day: Rate | None = Field(default=None, description="visits of one person on a working day", examples=[3.0])
    pages_per_session: Rate | None = Field(default=None, description="pages opened in one visit", examples=[6.0])
    busiest_hour_share: Annotated[Share, Field(gt=0)] | None = Field(default=None, description="part of a day's visits in its busiest hour", examples=[0.2])
    signed_in_share: Share | None = Field(default=None, description="part of the page views by people who are signed in", examples=[0.8])
    wiki_share: Share | None = Field(default=None, description="part of the page views that is in the wiki", examples=[0.25])
    commenters_share: Share | None = Field(default=None, description="part of the people who comment", examples=[0.09])
    authors_share: Share | None = Field(default=None, description="part of the people who write", examples=[0.01])
