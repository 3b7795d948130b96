"""The categories of a scene; a category's value is its place here."""

SKY, ROAD, PAVEMENT, BUILDING, TREE, CAR, PERSON, SIGN = range(8)
THINGS = (CAR, PERSON, SIGN)
